package io.mcpagent.door;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import java.io.IOException;
import java.io.StringWriter;

/** Reads any JSON value as its text, with numbers as they are written: the way back from {@code @JsonRawValue}. */
final class RawJson extends StdDeserializer<String> {

    RawJson() {
        super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = parser.getCodec().getFactory().createGenerator(text)) {
            json.copyCurrentStructureExact(parser);
        }
        return text.toString();
    }
}
