package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.model.JsonFields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    /** What the model reads of it. */
    String text() {
        if (error) {
            return ErrorText.forModel(String.join("\n", blocks));
        }
        if (total == 0) {
            return counted ? "[]" : "The result is too large to be read; ask for fewer rows.";
        }
        String of = (counted ? "" : "more than ") + total;
        if (cut) {
            String what = total == 1 && counted ? "the text" : "the first of " + of + " rows";
            return blocks.getFirst() + "\n\nOnly the beginning of " + what + " is shown; ask for less.";
        }
        boolean rows = !blocks.isEmpty() && blocks.stream().allMatch(JsonFields::isObject);
        String text = rows ? "[" + String.join(",", blocks) + "]" : String.join("\n", blocks);
        if (text.isBlank()) {
            return "[]";
        }
        boolean whole = counted && blocks.size() == total;
        return whole
                ? text
                : text + "\n\n" + blocks.size() + " of " + of + (rows ? " rows" : " parts") + " shown; ask for fewer.";
    }

    /** Reads the result while it arrives; rows that no longer fit are counted and never decoded. For one thread. */
    static final class Builder {

        private final int size;
        private final List<String> blocks = new ArrayList<>();
        private int bytes;
        private long total;
        private boolean full;
        private boolean cut;
        private boolean error;
        private @Nullable JsonNode structured;

        /** @param size how many bytes are kept */
        Builder(int size) {
            this.size = size;
        }

        /** Reads a {@code CallToolResult}, from its first brace on. */
        void read(JsonParser parser) throws IOException {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("content") && value == JsonToken.START_ARRAY) {
                    while (parser.nextToken() == JsonToken.START_OBJECT) {
                        readBlock(parser);
                    }
                } else if (field.equals("isError")) {
                    error = parser.getValueAsBoolean();
                } else if (field.equals("structuredContent") && total == 0) {
                    structured = parser.readValueAsTree();
                } else {
                    parser.skipChildren();
                }
            }
        }

        private void readBlock(JsonParser parser) throws IOException {
            String type = "text";
            String text = null;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (full) {
                    parser.skipChildren();
                } else if (field.equals("type")) {
                    type = parser.getValueAsString("");
                } else if (field.equals("text") && value == JsonToken.VALUE_STRING) {
                    text = parser.getText();
                } else if (field.equals("resource") && value == JsonToken.START_OBJECT) {
                    JsonNode resource = parser.readValueAsTree();
                    text = resource.path("text").isTextual()
                            ? resource.path("text").textValue()
                            : null;
                } else if (field.equals("uri")) {
                    text = parser.getValueAsString();
                } else {
                    parser.skipChildren();
                }
            }
            total++;
            if (!full) {
                // Images and sounds can't be told in words; the model learns that there was one.
                add(text != null ? text : "[" + type + "]");
            }
        }

        private void add(String text) {
            int length = Utf8.length(text);
            // One more for the comma or line end between two.
            if (bytes + length + 1 <= size) {
                bytes += length + 1;
                blocks.add(text);
                return;
            }
            full = true;
            if (blocks.isEmpty()) {
                blocks.add(Utf8.cut(text, size));
                cut = true;
            }
        }

        /** @param counted whether the answer was read to its end */
        CallAnswer answer(boolean counted) {
            // Servers should repeat structured content as text; some do not.
            if (total == 0 && structured != null && !structured.isNull()) {
                total = 1;
                add(structured.toString());
            }
            return new CallAnswer(blocks, total, counted, cut, error);
        }
    }
}
