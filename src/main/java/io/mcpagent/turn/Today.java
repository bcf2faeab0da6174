package io.mcpagent.turn;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Tells the model what day it is: without that, "last month" is a guess. */
final class Today {

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("EEEE, yyyy-MM-dd", Locale.ENGLISH);

    private Today() {}

    /** The sentence for a question of that moment. */
    static String at(Instant now, ZoneId zone) {
        ZonedDateTime there = now.atZone(zone);
        return "(Today is " + DAY.format(there) + ". The time zone is " + zone.getId() + ".)";
    }
}
