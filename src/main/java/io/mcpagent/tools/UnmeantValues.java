package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds in a result what no database said. Of a row with a value that JSON does not have (NaN, an infinity, a year beyond 9999) the toolbox sends
 * the dump of a Go structure, and says that the call succeeded; other servers write the bare word.
 */
final class UnmeantValues {

    private static final Pattern NOT_MARSHALLED = Pattern.compile("\\s*fail(?:ed)? to marshal\\b.*", Pattern.DOTALL);
    private static final Pattern NO_NUMBER = Pattern.compile("(?i)[+-]?\\b(?:nan|inf(?:inity)?)\\b");
    /** A verb that did not fit its value, a map or a pointer, as Go prints them. */
    private static final String DUMP =
            "%!\\w\\((?:[\\w.*\\[\\]{}]+=.*|MISSING|NOVERB)\\)|map\\[[\\w-]+:.*]|[&*]?\\{?0xc[0-9a-f]{6,11}}?";
    /** All of a value in JSON, where anything else is somebody's text. */
    private static final Pattern WHOLE_DUMP = Pattern.compile(DUMP, Pattern.DOTALL);

    private static final Pattern LOOKS_LIKE_DUMP = Pattern.compile("%!\\w\\(|\\bmap\\[|\\b0xc[0-9a-f]{6}");

    private UnmeantValues() {}

    /** Why a result can't be used, in a sentence for the model that repeats nothing of it; null if it can. */
    static @Nullable String in(CallAnswer answer) {
        List<String> blocks = answer.blocks();
        for (int i = 0; i < blocks.size(); i++) {
            // Of the beginning of a row only its first words can be judged.
            String what = answer.cut() ? notMarshalled(blocks.get(i)) : in(blocks.get(i));
            if (what != null) {
                return "Row " + (i + 1) + " of the result has " + what
                        + ", which the tool server can't send, so that the result can't be used. "
                        + "Leave such rows out, or have the tool's statement cast the column to text.";
            }
        }
        return null;
    }

    private static @Nullable String notMarshalled(String block) {
        if (!NOT_MARSHALLED.matcher(block).matches()) {
            return null;
        }
        return block.contains("year outside of range")
                ? "a date outside the years 0 to 9999"
                : NO_NUMBER.matcher(block).find() ? "a number that is NaN or infinite" : "a value";
    }

    private static @Nullable String in(String block) {
        String row = notMarshalled(block);
        if (row != null) {
            return row;
        }
        boolean dump = LOOKS_LIKE_DUMP.matcher(block).find();
        Matcher number = NO_NUMBER.matcher(block);
        return dump || number.find() ? inJson(block.strip(), dump) : null;
    }

    private static @Nullable String inJson(String block, boolean dump) {
        if (!block.startsWith("{") && !block.startsWith("[")) {
            return dump && WHOLE_DUMP.matcher(block).matches() ? "a value" : null;
        }
        try (JsonParser parser = ExactJson.MAPPER.createParser(block)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING
                        && WHOLE_DUMP.matcher(parser.getText()).matches()) {
                    return "a value";
                }
            }
            return null;
        } catch (IOException e) {
            // What is no JSON is a dump, if it has what dumps have; or just a text that begins with a brace.
            return dump ? "a value" : bareWord(block) ? "a number that is NaN or infinite" : null;
        }
    }

    /** Whether it would be JSON, were its bare words numbers. */
    private static boolean bareWord(String block) {
        try (JsonParser parser =
                ExactJson.MAPPER.createParser(NO_NUMBER.matcher(block).replaceAll("0"))) {
            while (parser.nextToken() != null) {
                // Only whether it ends.
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
