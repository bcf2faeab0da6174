package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.mcpagent.base.JsonBuffers;
import java.io.IOException;

/** Jackson's streaming side. Safe for use by many threads. */
public final class JsonFields {

    static final JsonFactory FACTORY = JsonFactory.builder()
            .recyclerPool(JsonBuffers.POOL)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            // All that the service sends is UTF-8.
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .build();

    private JsonFields() {}

    /** Reads a value of which only the fields of one object are wanted; any other value is skipped. */
    @FunctionalInterface
    interface Field {
        /** The parser stands on the field's value and has to be left on that value's last token. */
        void read(String name, JsonParser value) throws IOException;
    }

    /** Reads the object that the parser stands on, and leaves the parser on its end. Skips what is no object. */
    static void fields(JsonParser parser, Field field) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            field.read(name, parser);
        }
    }

    /** The text that the parser stands on; empty if it is no text. */
    static String text(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            return parser.getText();
        }
        parser.skipChildren();
        return "";
    }

    /** The whole number that the parser stands on; 0 if it is none. */
    static long number(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            return parser.getLongValue();
        }
        parser.skipChildren();
        return 0;
    }

    /** Whether the text is exactly one JSON object. */
    public static boolean isObject(String text) {
        // Most other texts are told apart by their first character, without a parser.
        if (!text.stripLeading().startsWith("{")) {
            return false;
        }
        try (JsonParser parser = FACTORY.createParser(text)) {
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
