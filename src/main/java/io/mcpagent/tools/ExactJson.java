package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.base.ExactNumbers;
import io.mcpagent.base.JsonBuffers;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.TreeMap;

/** JSON as the tool server's side needs it: numbers stay as exact as they were written. */
final class ExactJson {

    // The length of an answer is bounded where it is read from the network, by a setting.
    static final ObjectMapper MAPPER = ExactNumbers.in(JsonMapper.builder(JsonFactory.builder()
                    // The end of a message is not the end of its connection, and closing a stream may mean to read all
                    // the rest of it.
                    .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
                    .recyclerPool(JsonBuffers.POOL)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build());

    /** More than anything can carry. */
    private static final BigDecimal BEYOND = BigDecimal.valueOf(1, -1_000_000);

    private ExactJson() {}

    /** A tree in which a number that nothing can hold is one that nothing carries: it must cost the tool that has it, and not the list. */
    static JsonNode list(JsonParser parser) throws IOException {
        return new JsonParserDelegate(parser) {
            @Override
            public BigDecimal getDecimalValue() throws IOException {
                try {
                    return super.getDecimalValue();
                } catch (NumberFormatException e) {
                    return BEYOND;
                }
            }
        }.readValueAsTree();
    }

    /** The same text for the same content, whatever the order of its keys. */
    static String canonical(JsonNode node) throws JsonProcessingException {
        return MAPPER.writeValueAsString(sorted(node));
    }

    private static JsonNode sorted(JsonNode node) {
        if (node.isObject()) {
            TreeMap<String, JsonNode> fields = new TreeMap<>();
            node.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
            ObjectNode result = MAPPER.createObjectNode();
            fields.forEach(result::set);
            return result;
        }
        if (node.isArray()) {
            ArrayNode result = MAPPER.createArrayNode();
            node.forEach(element -> result.add(sorted(element)));
            return result;
        }
        return node;
    }
}
