package io.mcpagent.model;

import java.util.Random;

/** Texts that a broken or hostile model may write as the arguments of a tool: valid ones, damaged ones, and ones that read in two ways. */
public final class HostileArguments {

    private static final String[] STRINGS = {
        "\"mark order 42 as read\"",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud83d\\ude80\"",
        "\"\\ud800\"",
        "\"</script>\"",
        "\"a\\nb\"",
        "\"\u2028\"",
        "\"\u202e\""
    };
    private static final String[] NUMBERS = {
        "0",
        "-0",
        "7",
        "9007199254740991",
        "9007199254740993",
        "1e3",
        "1E400",
        "0.1",
        "0.30000000000000004",
        "1.0000000000000000001",
        "123456789012345678901234567890",
        "-1.5e-7",
        "NaN",
        "01",
        "1e-400",
        "1e99999999999",
        "1.2e-2147483647"
    };
    private static final String[] NAMES = {
        "\"a\"", "\"b\"", "\"\\u0061\"", "\"order id\"", "\"größe\"", "\"__proto__\"", "\"\""
    };
    private static final String[] TAILS = {
        "", "", "", "", "", "{}", " {\"a\":\"DELETE EVERYTHING\"}", "x", ",", "\n\ndata: {}", "\u0000", "]"
    };

    private HostileArguments() {}

    /** One of them. */
    public static String any(Random random) {
        String text = object(random, random.nextInt(5) == 0 ? 40 : 3) + TAILS[random.nextInt(TAILS.length)];
        return switch (random.nextInt(8)) {
            case 0 -> text.substring(0, random.nextInt(text.length() + 1));
            case 1 -> damaged(text, random);
            case 2 -> "\n " + text + "\n";
            default -> text;
        };
    }

    private static String damaged(String text, Random random) {
        StringBuilder damaged = new StringBuilder(text);
        damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(0x10000));
        return damaged.toString();
    }

    private static String object(Random random, int depth) {
        StringBuilder object = new StringBuilder("{");
        int members = random.nextInt(4);
        for (int i = 0; i < members; i++) {
            object.append(i == 0 ? "" : random.nextInt(10) == 0 ? "\r\n, " : ",")
                    .append(NAMES[random.nextInt(NAMES.length)])
                    .append(':')
                    .append(value(random, depth - 1));
        }
        return object.append('}').toString();
    }

    private static String value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 6 : 4)) {
            case 0 -> STRINGS[random.nextInt(STRINGS.length)];
            case 1 -> NUMBERS[random.nextInt(NUMBERS.length)];
            case 2 -> "null";
            case 3 -> "true";
            case 4 -> "[" + value(random, depth - 1) + "]";
            default -> object(random, depth - 1);
        };
    }
}
