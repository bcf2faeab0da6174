package io.mcpagent.base;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.deser.std.JsonNodeDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;

/**
 * Has trees of JSON keep numbers as they are written. One whose exponent nothing can hold, such as {@code 1e99999999999}, is malformed JSON then;
 * Jackson alone lets it out as an exception that has nothing to do with reading.
 */
public final class ExactNumbers {

    private ExactNumbers() {}

    /** Gives the same mapper, which does so from now on. */
    public static <M extends ObjectMapper> M in(M mapper) {
        mapper.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .configure(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES, false)
                .registerModule(new SimpleModule("exact-numbers").addDeserializer(JsonNode.class, new Nodes()));
        return mapper;
    }

    private static final class Nodes extends StdDeserializer<JsonNode> {

        private static final JsonDeserializer<? extends JsonNode> TREES =
                JsonNodeDeserializer.getDeserializer(JsonNode.class);

        Nodes() {
            super(JsonNode.class);
        }

        @Override
        public JsonNode deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            try {
                return TREES.deserialize(parser, context);
            } catch (NumberFormatException e) {
                // Without itself as the cause: it quotes the number.
                throw new JsonParseException(parser, "a number can't be held");
            }
        }

        @Override
        public JsonNode getNullValue(DeserializationContext context) {
            return context.getNodeFactory().nullNode();
        }
    }
}
