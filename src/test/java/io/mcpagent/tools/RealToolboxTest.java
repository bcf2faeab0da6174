package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.ToolDefinition;
import io.mcpagent.support.RealToolbox;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real toolbox over the sample shop, by both transports. */
class RealToolboxTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static RealToolbox server;

    @BeforeAll
    static void start() {
        server = RealToolbox.overSampleShop();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static McpToolbox toolbox(String path, Object... settings) {
        Object[] all = new Object[settings.length + 2];
        all[0] = "url";
        all[1] = "http://127.0.0.1:" + server.port() + path;
        System.arraycopy(settings, 0, all, 2, settings.length);
        return TestConfig.toolbox(all);
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    private static ToolAnswer call(McpToolbox toolbox, String tool, String arguments) throws InterruptedException {
        Tool found = toolbox.catalog(Identity.ANONYMOUS, soon()).find(tool).orElseThrow();
        return toolbox.call(found, Arguments.read(arguments), Identity.ANONYMOUS, null, soon());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse", "/mcp/support", "/mcp/support/sse"})
    void should_list_the_tools_with_their_schemas_and_hints(String path) throws Exception {
        McpToolbox toolbox = toolbox(path);
        ToolCatalog catalog = toolbox.catalog(Identity.ANONYMOUS, soon());
        assertTrue(catalog.available());
        Tool tool = catalog.find("get_customer").orElseThrow();
        assertTrue(tool.hints().saysReadOnly());
        assertTrue(
                JSON.readTree(tool.definition().inputSchema())
                        .path("properties")
                        .has("customer_id"),
                tool.definition().inputSchema());
        assertFalse(tool.definition().description().isBlank());
        toolbox.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_give_rows_as_one_json_array(String path) throws Exception {
        McpToolbox toolbox = toolbox(path);
        ToolAnswer result = call(toolbox, "get_customer", "{\"customer_id\": 7}");
        assertEquals(ToolOutcome.OK, result.outcome(), result.text());
        JsonNode rows = JSON.readTree(result.text());
        assertTrue(rows.isArray());
        assertEquals(7, rows.get(0).path("customer_id").asInt());
        toolbox.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_say_no_rows_as_an_empty_array(String path) throws Exception {
        McpToolbox toolbox = toolbox(path);
        ToolAnswer result = call(toolbox, "get_customer", "{\"customer_id\": 99999}");
        assertEquals(ToolOutcome.OK, result.outcome(), result.text());
        assertEquals("[]", result.text());
        toolbox.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_tell_the_model_of_a_wrong_argument(String path) throws Exception {
        McpToolbox toolbox = toolbox(path);
        ToolAnswer result = call(toolbox, "get_customer", "{\"customer_id\": \"seven\"}");
        assertEquals(ToolOutcome.ERROR, result.outcome());
        assertTrue(result.text().contains("customer_id"), result.text());
        toolbox.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_say_that_a_tool_is_unknown(String path) throws Exception {
        McpToolbox toolbox = toolbox(path);
        Tool known =
                toolbox.catalog(Identity.ANONYMOUS, soon()).find("get_customer").orElseThrow();
        Tool gone = new Tool(new ToolDefinition("no_such_tool", "", "{}"), known.hints(), "");
        ToolAnswer result = toolbox.call(gone, Arguments.read("{}"), Identity.ANONYMOUS, null, soon());
        assertEquals(ToolOutcome.UNKNOWN_TOOL, result.outcome(), result.text());
        toolbox.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_make_the_next_call_after_a_restart_succeed(String path) throws Exception {
        McpToolbox toolbox = toolbox(path);
        call(toolbox, "get_customer", "{\"customer_id\": 7}");
        server.restart();
        ToolAnswer result = call(toolbox, "get_customer", "{\"customer_id\": 7}");
        assertEquals(ToolOutcome.OK, result.outcome(), result.text());
        assertTrue(result.millis() < 1_000, "took " + result.millis() + " ms");
        toolbox.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_cap_a_large_result_at_a_row_and_say_how_many_there_were(String path) throws Exception {
        McpToolbox toolbox = toolbox(path, "max-result-size", "1K");
        ToolAnswer result = call(toolbox, "search_orders", "{}");
        assertEquals(ToolOutcome.OK, result.outcome(), result.text());
        String[] parts = result.text().split("\n\n");
        JsonNode rows = JSON.readTree(parts[0]);
        assertTrue(parts[0].length() <= 1_026, "length " + parts[0].length());
        assertTrue(parts[1].matches(rows.size() + " of \\d+ rows shown; ask for fewer\\."), parts[1]);
        toolbox.close();
    }
}
