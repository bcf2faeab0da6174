package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One tool that the model's service would refuse costs that tool, and not every turn of every caller. */
class ToolListingTest {

    private static ToolListing listing(List<JsonNode> tools) {
        return ToolListing.of(new McpConnection.Listed(tools, Duration.ofDays(1)), CallerParameters.Reserved.NONE);
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    private static ObjectNode tool(String name, String property) {
        ObjectNode tool = JSON.createObjectNode().put("name", name);
        ObjectNode schema = tool.putObject("inputSchema").put("type", "object");
        schema.putObject("properties").putObject(property).put("type", "string");
        return tool;
    }

    private static List<String> offered(List<JsonNode> tools) {
        return listing(tools).catalog(tool -> true).definitions().stream()
                .map(definition -> definition.name())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "größe",
                "order id",
                "",
                "a/b",
                "a\u200bb",
                "$ref",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            })
    void should_leave_out_a_tool_with_a_parameter_that_bedrock_refuses(String property) {
        ToolListing listing = listing(List.of(tool("good", "order_id"), tool("bad", property)));
        assertThat(listing.catalog(tool -> true).definitions())
                .extracting(definition -> definition.name())
                .containsExactly("good");
        assertThat(listing.catalog(tool -> true).leftOut()).containsExactly("bad");
        assertThat(listing.catalog(tool -> true).available()).isTrue();
    }

    @Test
    void should_look_into_the_parameters_of_parameters() throws Exception {
        JsonNode deep = JSON.readTree("""
                {"name": "deep", "inputSchema": {"type": "object", "properties": {"a": {"type": "array", "items":
                  {"anyOf": [{"type": "object", "properties": {"an other": {"type": "string"}}}]}}}}}""");
        assertThat(offered(List.of(deep, tool("good", "a.b-c_1")))).containsExactly("good");
    }

    @Test
    void should_leave_out_what_is_too_large_or_too_deep() {
        ObjectNode large = tool("large", "a");
        ((ObjectNode) large.at("/inputSchema")).put("description", "x".repeat(100_000));
        ObjectNode deep = tool("deep", "a");
        ObjectNode at = (ObjectNode) deep.at("/inputSchema");
        for (int i = 0; i < 1_000; i++) {
            at = at.putObject("items");
        }
        assertThat(offered(List.of(large, deep, tool("good", "a")))).containsExactly("good");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"type\":\"string\"}",
                "{\"type\":[\"object\",\"null\"]}",
                "{\"type\":\"object\",\"anyOf\":[{\"required\":[\"a\"]}]}",
                "{\"type\":\"object\",\"required\":\"a\"}",
                "{\"type\":\"object\",\"required\":[\"a\",\"a\"]}",
                "{\"type\":\"object\",\"properties\":[]}",
                "{\"type\":\"object\",\"properties\":{\"a\":null}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"text\"}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"minimum\":1,\"exclusiveMinimum\":true}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"items\":[{\"type\":\"string\"}]}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"oneOf\":{}}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"maxLength\":-1}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":\"x\"}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"description\":7}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"description\":\"\\ud800\"}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\\udc00\"]}}}"
            })
    void should_leave_out_a_tool_whose_schema_a_model_s_service_refuses(String schema) {
        ObjectNode bad = tool("bad", "a");
        bad.set("inputSchema", read(schema));
        assertThat(offered(List.of(bad, tool("good", "a")))).containsExactly("good");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"object\"}",
                "{\"$schema\":\"x\",\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}],\"default\":null}}}",
                "{\"type\":\"object\",\"properties\":{\"type\":{\"type\":[\"integer\",\"null\"],\"minimum\":0.5}},\"required\":[]}",
                "{\"type\":\"object\",\"properties\":{\"required\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/x\"}}},\"$defs\":{\"x\":true}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"const\":{\"type\":7},\"examples\":[{\"enum\":7}],\"maxItems\":2.0}}}"
            })
    void should_offer_a_tool_whose_schema_is_sound(String schema) {
        ObjectNode good = tool("good", "a");
        good.set("inputSchema", read(schema));
        assertThat(offered(List.of(good))).containsExactly("good");
    }

    @Test
    void should_leave_out_a_tool_whose_words_are_no_unicode_or_more_than_fit() {
        ObjectNode half = tool("half", "a").put("description", "says \ud83d");
        ObjectNode huge = tool("huge", "a").put("description", "x".repeat(300_000));
        assertThat(offered(List.of(half, huge, tool("good", "a")))).containsExactly("good");
        List<JsonNode> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            many.add(tool("t" + i, "a").put("description", "x".repeat(10_000)));
        }
        assertThat(offered(many)).hasSizeBetween(20, 26);
    }

    @Test
    void should_offer_only_what_bedrock_takes_whatever_a_server_lists() {
        Random random = new Random(20261130);
        Pattern key = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");
        int left = 0;
        for (int i = 0; i < 2_000; i++) {
            List<JsonNode> tools = new ArrayList<>();
            for (int j = 0; j < 5; j++) {
                tools.add(tool(text(random), text(random)));
            }
            ToolCatalog catalog = listing(tools).catalog(tool -> true);
            catalog.definitions().forEach(definition -> {
                assertThat(definition.name()).matches("[a-zA-Z0-9_-]{1,64}");
                assertThat(read(definition.inputSchema()).path("properties").fieldNames())
                        .toIterable()
                        .allMatch(name -> key.matcher(name).matches());
            });
            assertThat(catalog.leftOut()).allMatch(name -> name.matches("[a-zA-Z0-9_-]{1,64}"));
            left += catalog.leftOut().size();
        }
        assertThat(left).isBetween(1_000, 9_000);
    }

    private static String text(Random random) {
        int length = random.nextInt(70);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(random.nextInt(40) == 0 ? (char) random.nextInt(0xD800) : (char) ('a' + random.nextInt(26)));
        }
        return text.toString();
    }

    private static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }
}
