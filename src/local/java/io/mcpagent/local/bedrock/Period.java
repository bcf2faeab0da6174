package io.mcpagent.local.bedrock;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Days that a question speaks of, both inclusive; null where it is open.
 *
 * @param from first day
 * @param to last day
 */
record Period(LocalDate from, LocalDate to) {

    private static final String MONTH =
            "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
                    + "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
    private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
    private static final Pattern PHRASE = Pattern.compile(
            "\\b(?:"
                    + "(?<iso>\\d{4}-\\d{2}-\\d{2})|(?<isomonth>\\d{4}-\\d{2})"
                    + "|(?<day>\\d{1,2})(?:st|nd|rd|th)?(?: of)? (?<daymonth>" + MONTH + "),?(?: (?<dayyear>20\\d\\d))?"
                    + "|(?<monthday>" + MONTH
                    + ") (?<mday>\\d{1,2})(?:st|nd|rd|th)?\\b(?!\\d),?(?: (?<mdayyear>20\\d\\d))?"
                    + "|(?<month>" + MONTH + ")(?:,? (?:of )?(?<monthyear>20\\d\\d))?"
                    + "|q(?<quarter>[1-4])(?:[ /-]*(?<quarteryear>20\\d\\d))?|(?<yearfirst>20\\d\\d)[ -]?q(?<yearquarter>[1-4])"
                    + "|(?<nth>first|second|third|fourth) quarter(?: of)?(?: (?<nthyear>20\\d\\d))?"
                    + "|(?<relative>(?:this|last|previous|past|current) (?:week|month|quarter|year))"
                    + "|(?:last|past|previous) (?<count>\\d{1,3}) (?<unit>day|week|month|year)s?"
                    + "|(?<near>today|yesterday)|(?<year>20\\d\\d))\\b",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern JOINED =
            Pattern.compile("\\s*(?:to|until|till|through|and|–|-|\\.\\.\\.?)\\s*", Pattern.CASE_INSENSITIVE);
    private static final Pattern SINCE =
            Pattern.compile("(?:since|after|starting|from)\\s+(?:the\\s+)?$", Pattern.CASE_INSENSITIVE);
    private static final Pattern UNTIL =
            Pattern.compile("(?:until|till|before|up to|by|to)\\s+(?:the\\s+)?$", Pattern.CASE_INSENSITIVE);
    private static final Pattern LEAD = Pattern.compile(
            "\\b(?:between|from|since|after|before|until|till|up to|as of|in|on|during|by|for|of|the|starting)"
                    + "\\s*$",
            Pattern.CASE_INSENSITIVE);

    /** A period, null if there is none, and the text without it. */
    record Found(Period period, String rest) {}

    private record Span(int start, int end, Period period, boolean yearGiven) {}

    static Found in(String text, LocalDate today) {
        List<Span> spans = new ArrayList<>();
        for (Matcher matcher = PHRASE.matcher(text); matcher.find(); ) {
            try {
                // "may" is a verb more often than a month when nothing else says so.
                boolean verb = matcher.group().equals("may");
                if (!verb) {
                    spans.add(new Span(
                            matcher.start(),
                            matcher.end(),
                            read(matcher, today),
                            matcher.group().matches("(?s).*20\\d\\d.*")));
                }
            } catch (DateTimeException notADate) {
                // Such as 31 February: the words stay in the text.
            }
        }
        if (spans.isEmpty()) {
            return new Found(null, text);
        }
        Span first = spans.getFirst();
        if (spans.size() > 1
                && JOINED.matcher(text.substring(first.end(), spans.get(1).start()))
                        .matches()) {
            Span second = spans.get(1);
            LocalDate from = first.period().from();
            if (!first.yearGiven() && second.yearGiven()) {
                from = from.withYear(second.period().from().getYear());
            }
            return new Found(new Period(from, second.period().to()), cut(text, first.start(), second.end()));
        }
        String before = text.substring(0, first.start());
        Period period = first.period();
        if (SINCE.matcher(before).find()) {
            period = new Period(period.from(), null);
        } else if (UNTIL.matcher(before).find()) {
            period = new Period(
                    null,
                    before.toLowerCase(Locale.ROOT).matches("(?s).*before\\s+(the\\s+)?")
                            ? period.from().minusDays(1)
                            : period.to());
        }
        return new Found(period, cut(text, first.start(), first.end()));
    }

    private static String cut(String text, int start, int end) {
        String before = text.substring(0, start);
        for (Matcher lead = LEAD.matcher(before); lead.find(); lead = LEAD.matcher(before)) {
            before = before.substring(0, lead.start());
        }
        return before + " " + text.substring(end);
    }

    private static Period read(Matcher m, LocalDate today) {
        if (m.group("iso") != null) {
            return day(LocalDate.parse(m.group("iso")));
        }
        if (m.group("isomonth") != null) {
            return month(YearMonth.parse(m.group("isomonth")));
        }
        if (m.group("day") != null) {
            return day(date(m.group("daymonth"), m.group("day"), m.group("dayyear"), today));
        }
        if (m.group("monthday") != null) {
            return day(date(m.group("monthday"), m.group("mday"), m.group("mdayyear"), today));
        }
        if (m.group("month") != null) {
            return month(yearMonth(m.group("month"), m.group("monthyear"), today));
        }
        if (m.group("quarter") != null || m.group("yearquarter") != null) {
            boolean yearFirst = m.group("yearquarter") != null;
            return quarter(
                    Integer.parseInt(m.group(yearFirst ? "yearquarter" : "quarter")),
                    m.group(yearFirst ? "yearfirst" : "quarteryear"),
                    today);
        }
        if (m.group("nth") != null) {
            return quarter(
                    List.of("first", "second", "third", "fourth")
                                    .indexOf(m.group("nth").toLowerCase(Locale.ROOT))
                            + 1,
                    m.group("nthyear"),
                    today);
        }
        return m.group("year") != null ? year(Integer.parseInt(m.group("year"))) : relative(m, today);
    }

    private static Period relative(Matcher m, LocalDate today) {
        if (m.group("near") != null) {
            return day(m.group("near").equalsIgnoreCase("today") ? today : today.minusDays(1));
        }
        if (m.group("count") != null) {
            int count = Integer.parseInt(m.group("count"));
            LocalDate start = switch (m.group("unit").toLowerCase(Locale.ROOT)) {
                case "day" -> today.minusDays(count - 1L);
                case "week" -> today.minusWeeks(count).plusDays(1);
                case "month" -> today.minusMonths(count).plusDays(1);
                default -> today.minusYears(count).plusDays(1);
            };
            return new Period(start, today);
        }
        String[] words = m.group("relative").toLowerCase(Locale.ROOT).split(" ");
        int back = words[0].equals("this") || words[0].equals("current") ? 0 : 1;
        return switch (words[1]) {
            case "week" -> {
                LocalDate monday = today.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))
                        .minusWeeks(back);
                yield new Period(monday, monday.plusDays(6));
            }
            case "month" -> month(YearMonth.from(today).minusMonths(back));
            case "quarter" -> {
                LocalDate within = today.minusMonths(3L * back);
                yield quarter(within.get(IsoFields.QUARTER_OF_YEAR), String.valueOf(within.getYear()), today);
            }
            default -> year(today.getYear() - back);
        };
    }

    private static LocalDate date(String month, String day, String year, LocalDate today) {
        YearMonth within = yearMonth(month, year, today);
        return within.atDay(Integer.parseInt(day));
    }

    /** Without a year it is the last such month that has begun. */
    private static YearMonth yearMonth(String month, String year, LocalDate today) {
        int number = MONTHS.indexOf(month.toLowerCase(Locale.ROOT).substring(0, 3)) / 3 + 1;
        if (year != null) {
            return YearMonth.of(Integer.parseInt(year), number);
        }
        YearMonth thisYear = YearMonth.of(today.getYear(), number);
        return thisYear.isAfter(YearMonth.from(today)) ? thisYear.minusYears(1) : thisYear;
    }

    private static Period quarter(int number, String year, LocalDate today) {
        YearMonth first = YearMonth.of(year == null ? today.getYear() : Integer.parseInt(year), 3 * number - 2);
        return new Period(first.atDay(1), first.plusMonths(2).atEndOfMonth());
    }

    private static Period year(int year) {
        return new Period(LocalDate.of(year, 1, 1), LocalDate.of(year, 12, 31));
    }

    private static Period month(YearMonth month) {
        return new Period(month.atDay(1), month.atEndOfMonth());
    }

    private static Period day(LocalDate day) {
        return new Period(day, day);
    }
}
