package io.mcpagent.turn;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Tells the model what day it is: without that, "last month" is a guess. */
final class Today {

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("EEEE, yyyy-MM-dd", Locale.ENGLISH);

    /** The last sentence, which is the same for a day. */
    private static volatile Said last = new Said(LocalDate.MIN, ZoneOffset.UTC, "");

    private record Said(LocalDate day, ZoneId zone, String sentence) {}

    private Today() {}

    /** The sentence for a question of that moment. */
    static String at(Instant now, ZoneId zone) {
        LocalDate day = LocalDate.ofInstant(now, zone);
        Said said = last;
        if (!said.day.equals(day) || !said.zone.equals(zone)) {
            said = new Said(day, zone, "(Today is " + DAY.format(day) + ". The time zone is " + zone.getId() + ".)");
            last = said;
        }
        return said.sentence;
    }
}
