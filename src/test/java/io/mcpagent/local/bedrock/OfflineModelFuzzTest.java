package io.mcpagent.local.bedrock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.Script.Block;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever somebody types, the offline model answers, and its calls fit the schemas of the tools. */
class OfflineModelFuzzTest {

    private static final String[] PIECES =
            ("what which repeat show list find top 5 3.5 -1 99999999999999999999 customer customers 7 order orders #42 its and "
                            + "or , ; ? in March 2026 2026-02-30 2026-13-01 2026-03-01 from to since before last 3 days month Q1 Q5 31 February Norway US Ada "
                            + "Larsen DHL late shipments products under 199.99 over winter Winter low stock revenue units by day tables describe order_items "
                            + "\"quoted text\" 'x' ( ) $1 \\ { } [ ] é 日本 🙂 _ - . id= customer_id=7 T-100 a@b.c")
                    .split(" ");

    private final OfflineModel model = new OfflineModel();

    @Test
    void should_answer_any_question_with_calls_that_fit_the_schemas() throws IOException {
        ArrayNode tools = Json.MAPPER.createArrayNode();
        Map<String, JsonNode> schemas = new LinkedHashMap<>();
        try (InputStream list = getClass().getResourceAsStream("/local/tools-list.json")) {
            for (JsonNode tool : Json.parse(list.readAllBytes()).path("result").path("tools")) {
                schemas.put(tool.path("name").asText(), tool.path("inputSchema"));
                ObjectNode specification = tools.addObject().putObject("toolSpec");
                specification.set("name", tool.path("name"));
                specification.set("description", tool.path("description"));
                specification.putObject("inputSchema").set("json", tool.path("inputSchema"));
            }
        }
        JsonNode odd = Json.parse(
                "{\"type\":\"object\",\"properties\":{\"times\":{\"type\":\"integer\"},\"max_price\":{\"type\":\"integer\"}},"
                        + "\"required\":[\"times\"]}");
        schemas.put("repeat_products", odd);
        tools.addObject()
                .putObject("toolSpec")
                .put("name", "repeat_products")
                .putObject("inputSchema")
                .set("json", odd);
        Random random = new Random(7);
        int calls = 0;
        for (int i = 0; i < 1_000; i++) {
            String question = question(random);
            ObjectNode body = Json.object();
            body.putArray("messages")
                    .addObject()
                    .put("role", "user")
                    .putArray("content")
                    .addObject()
                    .put("text", question);
            body.putObject("toolConfig").set("tools", tools);
            for (Block block :
                    model.reply(new ConverseRequest("m", false, body)).blocks()) {
                if (block instanceof Block.ToolUse call) {
                    calls++;
                    check(question, call, schemas.get(call.name()));
                }
            }
        }
        assertTrue(calls > 200, "only " + calls + " calls");
    }

    private static void check(String question, Block.ToolUse call, JsonNode schema) {
        schema.path("required").forEach(name -> assertTrue(call.input().has(name.asText()), question + " → " + call));
        call.input().properties().forEach(argument -> {
            String type = schema.path("properties")
                    .path(argument.getKey())
                    .path("type")
                    .asText();
            JsonNode value = argument.getValue();
            boolean fits = switch (type) {
                case "integer" -> value.isIntegralNumber();
                case "float", "number" -> value.isNumber();
                case "boolean" -> value.isBoolean();
                default -> value.isTextual();
            };
            assertEquals(true, fits, () -> question + " → " + call);
        });
    }

    private static String question(Random random) {
        StringBuilder question = new StringBuilder(PIECES[random.nextInt(PIECES.length)]);
        for (int i = random.nextInt(9); i > 0; i--) {
            question.append(' ').append(PIECES[random.nextInt(PIECES.length)]);
        }
        return question.toString();
    }
}
