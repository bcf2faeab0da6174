package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;

/**
 * The result of a tool call as the server gave it, cut to what is kept of it.
 *
 * @param blocks  the texts of the first blocks, as many as fit
 * @param total   how many blocks there were; at least so many if {@code counted} is false
 * @param counted whether the answer was read to its end
 * @param cut     whether the last kept block is only the beginning of one
 * @param error   whether the server says that the call failed
 */
record CallAnswer(List<String> blocks, long total, boolean counted, boolean cut, boolean error) {

    CallAnswer {
        blocks = List.copyOf(blocks);
    }

    /** Whether each kept block is one JSON object, as the rows of a query are. */
    boolean hasOnlyObjects() {
        return !blocks.isEmpty() && blocks.stream().allMatch(CallAnswer::isObject);
    }

    /** Whether something was left out. */
    boolean partial() {
        return cut || !counted || blocks.size() < total;
    }

    /** Whether a text is exactly one JSON object. */
    static boolean isObject(String text) {
        // Most other texts are told apart by their first character, without a parser.
        if (!text.startsWith("{")) {
            return false;
        }
        try (JsonParser parser = Json.MAPPER.getFactory().createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            parser.skipChildren();
            return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }
}
