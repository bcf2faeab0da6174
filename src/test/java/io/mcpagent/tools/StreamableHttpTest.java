package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.support.Await;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How we speak MCP over streamable HTTP, seen from the server. */
class StreamableHttpTest extends StubServerTest {

    private ToolAnswer callRead(McpToolbox toolbox) throws InterruptedException {
        return toolbox.call(
                toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow(),
                Arguments.read("{\"a\":1.10}"),
                Identity.ANONYMOUS,
                null,
                soon());
    }

    @Test
    void should_shake_hands_once_and_then_send_the_agreed_version() throws Exception {
        McpToolbox toolbox = toolbox();
        for (int i = 0; i < 5; i++) {
            assertEquals(ToolOutcome.OK, callRead(toolbox).outcome());
        }
        assertEquals(1, server.count("initialize"));
        assertEquals(1, server.count("notifications/initialized"));
        StubServer.Request hello = server.all("initialize").getFirst();
        assertEquals("2025-11-25", hello.json().at("/params/protocolVersion").asText());
        assertEquals("application/json, text/event-stream", hello.headers().get("Accept"));
        assertFalse(hello.headers().containsKey("MCP-Protocol-Version"));
        StubServer.Request call = server.all("tools/call").getFirst();
        assertEquals("2025-11-25", call.headers().get("MCP-Protocol-Version"));
        assertFalse(call.headers().containsKey("Mcp-Session-Id"));
        assertEquals("2.0", call.json().path("jsonrpc").asText());
        assertFalse(call.json().path("params").has("_meta"));
    }

    @Test
    void should_send_arguments_unchanged_and_the_trace_context_in_meta() throws Exception {
        McpToolbox toolbox = toolbox();
        Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
        toolbox.call(
                read,
                Arguments.read(" {\"n\":1.10,\"big\":9007199254740992} "),
                Identity.ANONYMOUS,
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                soon());
        StubServer.Request call = server.all("tools/call").getFirst();
        assertEquals("9007199254740992", call.json().at("/params/arguments/big").toString());
        assertEquals(
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                call.json().at("/params/_meta/traceparent").asText());
    }

    @Test
    void should_use_one_connection_for_calls_that_follow_each_other() throws Exception {
        McpToolbox toolbox = toolbox();
        callRead(toolbox);
        int before = server.connections.get();
        for (int i = 0; i < 20; i++) {
            callRead(toolbox);
        }
        assertEquals(before, server.connections.get());
    }

    @Test
    void should_begin_a_new_session_when_the_server_has_forgotten_the_old_one_even_for_a_write() throws Exception {
        server.onInitialize = (request, reply) -> reply.send(
                200,
                "Content-Type: application/json\r\nMcp-Session-Id: s" + server.count("initialize") + "\r\n",
                "{\"jsonrpc\":\"2.0\",\"id\":" + reply.id()
                        + ",\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}}}}");
        server.onCall = (request, reply) -> {
            if (request.headers().get("Mcp-Session-Id").equals("s1")) {
                reply.status(404);
            } else {
                reply.text("{}");
            }
        };
        McpToolbox toolbox = toolbox();
        Tool write = toolbox.catalog(Identity.ANONYMOUS, soon()).find("write").orElseThrow();
        assertEquals(
                ToolOutcome.OK,
                toolbox.call(write, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                        .outcome());
        assertEquals(2, server.count("initialize"));
        assertEquals(2, server.count("tools/call"));
        StubServer.Request last = server.all("tools/call").getLast();
        assertEquals("s2", last.headers().get("Mcp-Session-Id"));
        assertEquals("2025-06-18", last.headers().get("MCP-Protocol-Version"));
    }

    @Test
    void should_put_the_pages_of_the_list_together() throws Exception {
        server.onList = (request, reply) -> {
            String cursor = request.json().at("/params/cursor").asText("");
            if (cursor.isEmpty()) {
                reply.result("{\"tools\":[" + StubServer.READ_TOOL + "],\"nextCursor\":\"page \\\"2\\\"\"}");
            } else {
                assertEquals("page \"2\"", cursor);
                reply.result("{\"tools\":[" + StubServer.WRITE_TOOL + "]}");
            }
        };
        assertEquals(
                List.of("read", "write"),
                toolbox().catalog(Identity.ANONYMOUS, soon()).definitions().stream()
                        .map(definition -> definition.name())
                        .toList());
    }

    @Test
    void should_give_up_on_a_list_without_end() throws Exception {
        server.onList = (request, reply) -> reply.result("{\"tools\":[],\"nextCursor\":\"again\"}");
        assertFalse(toolbox().catalog(Identity.ANONYMOUS, soon()).available());
    }

    @Test
    void should_not_ask_for_tools_that_the_server_does_not_have() throws Exception {
        server.onInitialize =
                (request, reply) -> reply.result("{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}}");
        ToolCatalog catalog = toolbox().catalog(Identity.ANONYMOUS, soon());
        assertTrue(catalog.available());
        assertEquals(List.of(), catalog.definitions());
        assertEquals(0, server.count("tools/list"));
    }

    @Test
    void should_refuse_a_version_that_we_do_not_speak() throws Exception {
        server.onInitialize = (request, reply) ->
                reply.result("{\"protocolVersion\":\"1999-01-01\",\"capabilities\":{\"tools\":{}}}");
        assertFalse(toolbox().catalog(Identity.ANONYMOUS, soon()).available());
    }

    @Test
    void should_find_the_answer_in_a_stream_of_events_and_answer_a_ping_meanwhile() throws Exception {
        server.onCall = (request, reply) -> reply.events("\uFEFF: hello\r\n\r\nid: 1\r\ndata:\r\n\r\n"
                + "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n"
                + "data: {\"jsonrpc\":\"2.0\",\"id\":\"p1\",\"method\":\"ping\"}\r\r"
                + "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"sampling/createMessage\",\"params\":{}}\n\n"
                + "data: {\"jsonrpc\":\"2.0\",\"id\":" + reply.id()
                + ",\ndata: \"result\":{\"content\":[{\"type\":\"text\",\"text\":\"déjà\"}]}}\n\n");
        ToolAnswer result = callRead(toolbox());
        assertEquals(ToolOutcome.OK, result.outcome());
        assertEquals("déjà", result.text());
        List<StubServer.Request> answers = server.all("").stream()
                .filter(request -> request.json() != null)
                .toList();
        assertEquals("\"p1\"", answers.get(0).json().path("id").toString());
        assertTrue(answers.get(0).json().path("result").isObject());
        assertEquals("7", answers.get(1).json().path("id").toString());
        assertEquals(-32601, answers.get(1).json().at("/error/code").asInt());
    }

    @Test
    void should_call_a_stream_that_ends_without_the_answer_lost() throws Exception {
        server.onCall = (request, reply) ->
                reply.events("data: {\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"result\":{\"content\":[]}}\n");
        assertEquals(ToolOutcome.UNAVAILABLE, callRead(toolbox()).outcome());
        assertEquals(2, server.count("tools/call"));
    }

    @Test
    void should_say_that_a_tool_is_unknown_and_ask_for_the_list_again() throws Exception {
        server.onCall =
                (request, reply) -> reply.error(-32602, "invalid tool name: tool with name \"read\" does not exist");
        McpToolbox toolbox = toolbox();
        assertEquals(ToolOutcome.UNKNOWN_TOOL, callRead(toolbox).outcome());
        Await.until("the list to be asked for again", () -> server.count("tools/list") == 2);
    }

    @Test
    void should_give_other_json_rpc_errors_to_the_model() throws Exception {
        server.onCall = (request, reply) -> reply.error(-32602, "Invalid arguments: a must be an integer");
        ToolAnswer result = callRead(toolbox());
        assertEquals(ToolOutcome.ERROR, result.outcome());
        assertEquals("Invalid arguments: a must be an integer", result.text());
    }

    @Test
    void should_not_follow_a_redirect() throws Exception {
        server.onCall = (request, reply) -> reply.send(307, "Location: http://127.0.0.1:1/\r\n", "");
        assertEquals(ToolOutcome.UNAVAILABLE, callRead(toolbox()).outcome());
        assertEquals(1, server.count("tools/call"));
    }

    @Test
    void should_read_only_so_much_of_a_huge_answer() throws Exception {
        AtomicLong written = new AtomicLong();
        server.onCall = (request, reply) -> {
            OutputStream out = reply.out();
            out.write(("HTTP/1.1 200 X\r\n"
                            + "Content-Type: application/json\r\n"
                            + "Content-Length: 999999999\r\n\r\n"
                            + "{\"jsonrpc\":\"2.0\",\"id\":"
                            + reply.id() + ",\"result\":{\"content\":[")
                    .getBytes(StandardCharsets.UTF_8));
            byte[] row = "{\"type\":\"text\",\"text\":\"{\\\"name\\\":\\\"0123456789\\\"}\"},"
                    .getBytes(StandardCharsets.UTF_8);
            for (long i = 0; i < 999_999_999L / row.length; i++) {
                out.write(row);
                written.addAndGet(row.length);
            }
        };
        ToolAnswer result = callRead(toolbox("max-result-size", "16K"));
        assertEquals(ToolOutcome.OK, result.outcome());
        assertTrue(result.text().length() < 17_000);
        assertTrue(
                result.text().matches("(?s)\\[\\{.*}]\n\n\\d+ of more than \\d+ rows shown; ask for fewer\\."),
                result.text().substring(result.text().length() - 80));
        assertTrue(written.get() < 16 << 20, written + " bytes were taken");
        server.onCall = (request, reply) -> reply.text("{}");
        assertEquals("[{}]", callRead(toolboxes.getFirst()).text());
    }

    @Test
    void should_read_only_so_much_of_one_huge_text() throws Exception {
        server.onCall = (request, reply) -> {
            OutputStream out = reply.out();
            out.write(("HTTP/1.1 200 X\r\n"
                            + "Content-Type: application/json\r\n"
                            + "Content-Length: 999999999\r\n\r\n"
                            + "{\"jsonrpc\":\"2.0\",\"id\":"
                            + reply.id() + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"")
                    .getBytes(StandardCharsets.UTF_8));
            byte[] text = "é".repeat(10_000).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 5_000; i++) {
                out.write(text);
            }
        };
        ToolAnswer result = callRead(toolbox("max-result-size", "16K"));
        assertEquals(ToolOutcome.OK, result.outcome());
        assertEquals("The result is too large to be read; ask for fewer rows.", result.text());
    }

    @Test
    void should_let_a_text_go_on_after_the_first_if_it_is_larger_than_may_be_shown() throws Exception {
        server.onCall = (request, reply) -> reply.text("é".repeat(2_000));
        ToolAnswer result = callRead(toolbox("max-result-size", "1K"));
        assertEquals("é".repeat(512) + "\n\nOnly the beginning of the text is shown; ask for less.", result.text());
    }

    @Test
    void should_leave_no_half_read_connection_to_the_next_call() throws Exception {
        server.onCall = (request, reply) -> reply.send(
                200,
                "Content-Type: application/json\r\n",
                "{\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"result\":{\"content\":[]}}" + " ".repeat(5_000));
        McpToolbox toolbox = toolbox();
        for (int i = 0; i < 5; i++) {
            assertEquals("[]", callRead(toolbox).text());
        }
    }

    @Test
    void should_run_out_of_no_connections_however_calls_end() throws Exception {
        McpToolbox toolbox = toolbox("max-connections", "2", "max-result-size", "1K", "call-timeout", "3s");
        String big = "x".repeat(3 << 20);
        for (int i = 0; i < 6; i++) {
            server.onCall = (request, reply) -> reply.text(big, big);
            assertEquals(ToolOutcome.OK, callRead(toolbox).outcome());
            server.onCall = (request, reply) -> reply.error(-32000, "no");
            assertEquals(ToolOutcome.ERROR, callRead(toolbox).outcome());
            server.onCall = (request, reply) ->
                    reply.events("data: {\"id\":" + reply.id() + ",\"result\":{\"content\":[]}}\n\n");
            assertEquals("[]", callRead(toolbox).text());
            server.onCall = (request, reply) -> reply.status(403);
            assertEquals(ToolOutcome.UNAVAILABLE, callRead(toolbox).outcome());
            server.onCall = (request, reply) -> reply.text("{}");
            assertEquals("[{}]", callRead(toolbox).text());
        }
    }

    @Test
    void should_call_an_answer_that_is_no_json_lost_without_quoting_it() throws Exception {
        server.onCall = (request, reply) -> reply.json("<html>secret</html>");
        assertEquals(ToolOutcome.UNAVAILABLE, callRead(toolbox()).outcome());
    }

    @Test
    void should_have_no_catalog_entry_twice() throws Exception {
        server.onList = (request, reply) -> reply.result("{\"tools\":[" + StubServer.READ_TOOL + ","
                + StubServer.READ_TOOL.replace("Reads", "Reads something else")
                + ",{\"description\":\"no name\"},{\"name\":\"a.b/c\"}]}");
        ToolCatalog catalog = toolbox().catalog(Identity.ANONYMOUS, soon());
        assertEquals(2, catalog.definitions().size());
        assertEquals("Reads", catalog.find("read").orElseThrow().definition().description());
        assertNull(catalog.find("a.b/c").orElse(null));
    }

    @Test
    void should_call_a_renamed_tool_by_the_name_that_its_server_knows() throws Exception {
        server.onList = (request, reply) ->
                reply.result("{\"tools\":[{\"name\":\"shop.orders/find\",\"annotations\":{\"readOnlyHint\":true}}]}");
        McpToolbox toolbox = toolbox();
        Tool tool = toolbox.catalog(Identity.ANONYMOUS, soon())
                .find(toolbox.catalog(Identity.ANONYMOUS, soon())
                        .definitions()
                        .getFirst()
                        .name())
                .orElseThrow();
        assertTrue(tool.name().matches("[a-zA-Z0-9_-]{1,64}"), tool.name());
        assertEquals(
                ToolOutcome.OK,
                toolbox.call(tool, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                        .outcome());
        assertEquals(
                "shop.orders/find",
                server.all("tools/call").getFirst().json().at("/params/name").asText());
    }
}
