package io.mcpagent.conversation;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** DynamoDB's expressions, in which each attribute is written {@code #name}, so that none can be one of its many reserved words. */
public final class Expressions {

    private static final Pattern NAME = Pattern.compile("#(\\w+)");

    private Expressions() {}

    /** The attribute names that an expression uses. */
    public static Map<String, String> names(String expression) {
        Map<String, String> names = new HashMap<>();
        for (Matcher matcher = NAME.matcher(expression); matcher.find(); ) {
            names.put(matcher.group(), matcher.group(1));
        }
        return names;
    }
}
