package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the result of a tool call while it arrives; rows that no longer fit are counted and never decoded. */
final class CallReader {

    private final int size;
    private final List<String> blocks = new ArrayList<>();
    private int bytes;
    private long total;
    private boolean full;
    private boolean cut;
    private boolean error;
    private JsonNode structured;

    CallReader(int size) {
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
                text = resource.path("text").isTextual() ? resource.path("text").textValue() : null;
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

    CallAnswer answer(boolean counted) {
        // Servers should repeat structured content as text; some do not.
        if (total == 0 && structured != null && !structured.isNull()) {
            total = 1;
            add(structured.toString());
        }
        return new CallAnswer(blocks, total, counted, cut, error);
    }
}
