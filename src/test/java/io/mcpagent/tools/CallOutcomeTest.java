package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.support.Await;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a call when something breaks, and how many times the server executed it. */
class CallOutcomeTest extends StubServerTest {

    /** How a server can break off after it has executed a call. */
    enum Break {
        RESET,
        CLOSE,
        CUT_HEADERS,
        CUT_BODY,
        GATEWAY_ERROR,
        INTERNAL_ERROR,
        GARBAGE;

        void answer(StubServer.Request request, StubServer.Reply reply) throws Exception {
            switch (this) {
                case RESET -> reply.reset();
                case CLOSE -> reply.out().close();
                case CUT_HEADERS -> {
                    reply.out().write("HTTP/1.1 200 OK\r\nContent-".getBytes(StandardCharsets.US_ASCII));
                    reply.out().close();
                }
                case CUT_BODY -> {
                    reply.out()
                            .write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
                                            + "{\"jsonrpc\":\"2.0\",\"id\":" + reply.id()
                                            + ",\"result\":{\"content\":[{\"type\":")
                                    .getBytes(StandardCharsets.US_ASCII));
                    reply.out().close();
                }
                case GATEWAY_ERROR -> reply.status(502);
                case INTERNAL_ERROR ->
                    reply.send(
                            500,
                            "Content-Type: application/json\r\n",
                            "{\"jsonrpc\":\"2.0\",\"id\":" + reply.id()
                                    + ",\"error\":{\"code\":-32603,\"message\":\"oops\"}}");
                case GARBAGE -> reply.json("{\"jsonrpc\":");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Break.class)
    void should_never_repeat_a_write_that_was_sent(Break how) throws Exception {
        McpToolbox toolbox = toolbox();
        assertEquals(ToolOutcome.OK, call(toolbox, "write").outcome());
        server.onCall = how::answer;
        ToolAnswer result = call(toolbox, "write");
        assertEquals(ToolOutcome.OUTCOME_UNKNOWN, result.outcome());
        assertTrue(result.text().contains("unknown"), result.text());
        assertEquals(2, server.count("tools/call"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Break.class,
            names = {"INTERNAL_ERROR"},
            mode = EnumSource.Mode.EXCLUDE)
    void should_repeat_a_lost_read_exactly_once(Break how) throws Exception {
        McpToolbox toolbox = toolbox();
        server.onCall = how::answer;
        assertEquals(ToolOutcome.UNAVAILABLE, call(toolbox, "read").outcome());
        assertEquals(2, server.count("tools/call"));
    }

    @Test
    void should_hide_one_lost_connection_of_a_read() throws Exception {
        McpToolbox toolbox = toolbox();
        server.onCall = (request, reply) -> {
            if (server.count("tools/call") == 1) {
                reply.reset();
            } else {
                reply.text("{}");
            }
        };
        assertEquals(ToolOutcome.OK, call(toolbox, "read").outcome());
        assertEquals(2, server.count("tools/call"));
    }

    @Test
    void should_retry_a_read_that_the_database_ended_three_times_at_most() throws Exception {
        McpToolbox toolbox = toolbox();
        server.onCall = (request, reply) -> {
            if (server.count("tools/call") == 1) {
                reply.failedText("terminating connection due to administrator command (SQLSTATE 57P01)");
            } else {
                reply.text("{}");
            }
        };
        assertEquals(ToolOutcome.OK, call(toolbox, "read").outcome());
        for (String text : List.of(
                "terminating connection due to administrator command (SQLSTATE 57P01)",
                "unexpected EOF",
                "conn closed")) {
            long before = server.count("tools/call");
            server.onCall = (request, reply) -> reply.failedText(text);
            assertEquals(ToolOutcome.ERROR, call(toolbox, "read").outcome());
            assertEquals(before + 4, server.count("tools/call"), text);
            assertEquals(ToolOutcome.ERROR, call(toolbox, "write").outcome());
            assertEquals(before + 5, server.count("tools/call"), text);
        }
        server.onCall =
                (request, reply) -> reply.failedText("null value in column \"unexpected eof\" (SQLSTATE 23502)");
        long before = server.count("tools/call");
        assertEquals(ToolOutcome.ERROR, call(toolbox, "read").outcome());
        assertEquals(before + 1, server.count("tools/call"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "write"})
    void should_say_unavailable_when_nothing_could_be_sent(String tool) throws Exception {
        McpToolbox toolbox = toolbox();
        Tool found = toolbox.catalog(Identity.ANONYMOUS, soon()).find(tool).orElseThrow();
        server.close();
        ToolAnswer result = toolbox.call(found, Arguments.read("{}"), Identity.ANONYMOUS, null, soon());
        assertEquals(ToolOutcome.UNAVAILABLE, result.outcome());
        assertTrue(result.millis() < 1_000, result.millis() + " ms");
        assertTrue(!result.text().contains("127.0.0.1"), result.text());
        assertEquals(0, server.count("tools/call"));
        assertEquals(false, toolbox.catalog(Identity.ANONYMOUS, soon()).available());
    }

    @Test
    void should_send_a_write_on_a_new_connection_so_that_a_dead_one_cannot_lose_it() throws Exception {
        McpToolbox toolbox = toolbox();
        Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
        Tool write = toolbox.catalog(Identity.ANONYMOUS, soon()).find("write").orElseThrow();
        for (int i = 0; i < 20; i++) {
            assertEquals(
                    ToolOutcome.OK,
                    toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                            .outcome());
            server.dropConnections();
            assertEquals(
                    ToolOutcome.OK,
                    toolbox.call(write, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                            .outcome());
        }
        assertEquals(
                20,
                server.all("tools/call").stream()
                        .filter(r -> r.json().at("/params/name").asText().equals("write"))
                        .count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "write"})
    void should_not_lose_a_call_behind_a_balancer_that_accepts_connections_to_a_dead_server(String tool)
            throws Exception {
        McpToolbox toolbox = toolbox();
        Tool found = toolbox.catalog(Identity.ANONYMOUS, soon()).find(tool).orElseThrow();
        AtomicInteger connections = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            server.dropConnections();
            // Every other connection leads nowhere, and whatever was sent there is gone.
            server.onConnect = socket -> connections.getAndIncrement() % 2 == 0;
            assertEquals(
                    ToolOutcome.OK,
                    toolbox.call(found, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                            .outcome());
            assertTrue(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        }
        assertEquals(20, server.count("tools/call"));
    }

    @Test
    void should_send_a_write_to_a_server_that_closes_each_connection_after_one_answer() throws Exception {
        McpToolbox toolbox = toolbox();
        server.onOther = (request, reply) -> reply.send(202, "Connection: close\r\n", "");
        assertEquals(ToolOutcome.OK, call(toolbox, "write").outcome());
        assertEquals(ToolOutcome.OK, call(toolbox, "write").outcome());
        assertEquals(2, server.count("tools/call"));
    }

    @Test
    void should_find_the_tools_over_a_connection_that_died_in_the_pool() throws Exception {
        McpToolbox toolbox = toolbox("list-ttl", "1ms");
        for (int i = 0; i < 20; i++) {
            assertTrue(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
            server.dropConnections();
            int before = (int) server.count("tools/list");
            Await.until(
                    "a refresh",
                    () -> toolbox.catalog(Identity.ANONYMOUS, soon()).available()
                            && server.count("tools/list") > before);
        }
        assertTrue(toolbox.isAvailable());
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "7", "\"x\"", "{", "{} {}", "{\"a\":}", "null", "{\"a\":1},\"b\":{"})
    void should_not_call_with_arguments_that_are_no_object(String arguments) throws Exception {
        McpToolbox toolbox = toolbox();
        Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
        assertEquals(
                ToolOutcome.ERROR,
                toolbox.call(read, Arguments.read(arguments), Identity.ANONYMOUS, null, soon())
                        .outcome());
        assertEquals(0, server.count("tools/call"));
    }

    @Test
    void should_join_rows_as_an_array_and_other_texts_by_lines() throws Exception {
        McpToolbox toolbox = toolbox();
        server.onCall = (request, reply) -> reply.text("{\"n\":12.30}", "{\"n\":2}");
        assertEquals("[{\"n\":12.30},{\"n\":2}]", call(toolbox, "read").text());
        server.onCall = (request, reply) -> reply.text("{\"n\":1}", "two rows");
        assertEquals("{\"n\":1}\ntwo rows", call(toolbox, "read").text());
        server.onCall = (request, reply) -> reply.text("");
        assertEquals("[]", call(toolbox, "read").text());
        server.onCall = (request, reply) -> reply.result("{\"content\":[],\"structuredContent\":{\"a\":1}}");
        assertEquals("[{\"a\":1}]", call(toolbox, "read").text());
        server.onCall = (request, reply) -> reply.result("{\"content\":[{\"type\":\"image\",\"data\":\"AAAA\"},"
                + "{\"type\":\"resource\",\"resource\":{\"uri\":\"x:y\",\"text\":\"inside\"}}]}");
        assertEquals("[image]\ninside", call(toolbox, "read").text());
    }
}
