package io.mcpagent.door;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.mcpagent.model.Arguments;
import java.io.IOException;
import java.io.StringWriter;

/** A tool call's arguments as the JSON object that they are, with numbers as they are written. */
public final class ArgumentsJson {

    private ArgumentsJson() {}

    /** Writes them as they go to the tool. */
    public static final class ArgumentsWriter extends StdSerializer<Arguments> {

        ArgumentsWriter() {
            super(Arguments.class);
        }

        @Override
        public void serialize(Arguments arguments, JsonGenerator to, SerializerProvider provider) throws IOException {
            to.writeRawValue(arguments.json());
        }
    }

    /** Reads what {@link ArgumentsWriter}, or an earlier version, wrote into a kept answer. */
    static final class ArgumentsReader extends StdDeserializer<Arguments> {

        ArgumentsReader() {
            super(Arguments.class);
        }

        @Override
        public Arguments deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            StringWriter text = new StringWriter();
            try (JsonGenerator json = parser.getCodec().getFactory().createGenerator(text)) {
                json.copyCurrentStructureExact(parser);
            }
            return Arguments.read(text.toString());
        }
    }
}
