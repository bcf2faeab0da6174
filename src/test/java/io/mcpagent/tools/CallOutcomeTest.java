package io.mcpagent.tools;

import io.mcpagent.support.Await;
import io.mcpagent.system.Deadline;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What becomes of a call when something breaks, and how many times the server executed it. */
class CallOutcomeTest {

    private final StubServer server = new StubServer();
    private final List<McpToolbox> toolboxes = new ArrayList<>();

    @AfterEach
    void close() {
        toolboxes.forEach(McpToolbox::close);
        server.close();
    }

    private McpToolbox toolbox(Object... settings) {
        Object[] all = new Object[settings.length + 2];
        all[0] = "url";
        all[1] = server.url();
        System.arraycopy(settings, 0, all, 2, settings.length);
        McpToolbox toolbox = TestConfig.toolbox(all);
        toolboxes.add(toolbox);
        return toolbox;
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    private static ToolResult call(McpToolbox toolbox, String tool) throws InterruptedException {
        return toolbox.call(toolbox.catalog(soon()).find(tool).orElseThrow(), "{}", null, soon());
    }

    /** How a server can break off after it has executed a call. */
    enum Break {
        RESET, CLOSE, CUT_HEADERS, CUT_BODY, GATEWAY_ERROR, INTERNAL_ERROR, GARBAGE;

        void answer(StubServer.Request request, StubServer.Reply reply) throws Exception {
            switch (this) {
                case RESET -> reply.reset();
                case CLOSE -> reply.out().close();
                case CUT_HEADERS -> {
                    reply.out().write("HTTP/1.1 200 OK\r\nContent-".getBytes(StandardCharsets.US_ASCII));
                    reply.out().close();
                }
                case CUT_BODY -> {
                    reply.out().write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
                            + "{\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"result\":{\"content\":[{\"type\":").getBytes(StandardCharsets.US_ASCII));
                    reply.out().close();
                }
                case GATEWAY_ERROR -> reply.status(502);
                case INTERNAL_ERROR -> reply.send(500, "Content-Type: application/json\r\n",
                        "{\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"error\":{\"code\":-32603,\"message\":\"oops\"}}");
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
        ToolResult result = call(toolbox, "write");
        assertEquals(ToolOutcome.OUTCOME_UNKNOWN, result.outcome());
        assertTrue(result.text().contains("unknown"), result.text());
        assertEquals(2, server.count("tools/call"));
    }

    @ParameterizedTest
    @EnumSource(value = Break.class, names = {"INTERNAL_ERROR"}, mode = EnumSource.Mode.EXCLUDE)
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
        for (String text : List.of("terminating connection due to administrator command (SQLSTATE 57P01)", "unexpected EOF", "conn closed")) {
            long before = server.count("tools/call");
            server.onCall = (request, reply) -> reply.failedText(text);
            assertEquals(ToolOutcome.ERROR, call(toolbox, "read").outcome());
            assertEquals(before + 4, server.count("tools/call"), text);
            assertEquals(ToolOutcome.ERROR, call(toolbox, "write").outcome());
            assertEquals(before + 5, server.count("tools/call"), text);
        }
        server.onCall = (request, reply) -> reply.failedText("null value in column \"unexpected eof\" (SQLSTATE 23502)");
        long before = server.count("tools/call");
        assertEquals(ToolOutcome.ERROR, call(toolbox, "read").outcome());
        assertEquals(before + 1, server.count("tools/call"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "write"})
    void should_say_unavailable_when_nothing_could_be_sent(String tool) throws Exception {
        McpToolbox toolbox = toolbox();
        Tool found = toolbox.catalog(soon()).find(tool).orElseThrow();
        server.close();
        ToolResult result = toolbox.call(found, "{}", null, soon());
        assertEquals(ToolOutcome.UNAVAILABLE, result.outcome());
        assertTrue(result.millis() < 1_000, result.millis() + " ms");
        assertTrue(!result.text().contains("127.0.0.1"), result.text());
        assertEquals(0, server.count("tools/call"));
        assertEquals(false, toolbox.catalog(soon()).available());
    }

    @Test
    void should_send_a_write_on_a_new_connection_so_that_a_dead_one_cannot_lose_it() throws Exception {
        McpToolbox toolbox = toolbox();
        Tool read = toolbox.catalog(soon()).find("read").orElseThrow();
        Tool write = toolbox.catalog(soon()).find("write").orElseThrow();
        for (int i = 0; i < 20; i++) {
            assertEquals(ToolOutcome.OK, toolbox.call(read, "{}", null, soon()).outcome());
            server.dropConnections();
            assertEquals(ToolOutcome.OK, toolbox.call(write, "{}", null, soon()).outcome());
        }
        assertEquals(20, server.all("tools/call").stream().filter(r -> r.json().at("/params/name").asText().equals("write")).count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "write"})
    void should_not_lose_a_call_behind_a_balancer_that_accepts_connections_to_a_dead_server(String tool) throws Exception {
        McpToolbox toolbox = toolbox();
        Tool found = toolbox.catalog(soon()).find(tool).orElseThrow();
        AtomicInteger connections = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            server.dropConnections();
            // Every other connection leads nowhere, and whatever was sent there is gone.
            server.onConnect = socket -> connections.getAndIncrement() % 2 == 0;
            assertEquals(ToolOutcome.OK, toolbox.call(found, "{}", null, soon()).outcome());
            assertTrue(toolbox.catalog(soon()).available());
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

    @ParameterizedTest
    @ValueSource(strings = {"read", "write"})
    void should_cut_a_call_that_hangs_at_the_limit_and_close_its_connection(String tool) throws Exception {
        McpToolbox toolbox = toolbox("call-timeout", "1s");
        CountDownLatch gone = new CountDownLatch(1);
        server.onCall = (request, reply) -> reply.hang(gone);
        ToolResult result = call(toolbox, tool);
        assertEquals(tool.equals("read") ? ToolOutcome.TIMEOUT : ToolOutcome.OUTCOME_UNKNOWN, result.outcome());
        assertTrue(gone.await(500, TimeUnit.MILLISECONDS), "the server saw the end of the connection");
        assertEquals(1, server.count("tools/call"));
        assertCutAtOneSecond(toolbox, tool, result.millis());
    }

    @Test
    void should_find_the_tools_over_a_connection_that_died_in_the_pool() throws Exception {
        McpToolbox toolbox = toolbox("list-ttl", "1ms");
        for (int i = 0; i < 20; i++) {
            assertTrue(toolbox.catalog(soon()).available());
            server.dropConnections();
            int before = (int) server.count("tools/list");
            Await.until("a refresh", () -> toolbox.catalog(soon()).available() && server.count("tools/list") > before);
        }
        assertTrue(toolbox.isAvailable());
    }

    @Test
    void should_cut_a_call_that_trickles_at_the_limit() throws Exception {
        McpToolbox toolbox = toolbox("call-timeout", "1s");
        server.onCall = (request, reply) -> {
            reply.out().write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            while (true) {
                reply.out().write(' ');
                Thread.sleep(50);
            }
        };
        ToolResult result = call(toolbox, "read");
        assertEquals(ToolOutcome.TIMEOUT, result.outcome());
        assertCutAtOneSecond(toolbox, "read", result.millis());
    }

    /** The best of three counts, since a busy machine may delay any single one. */
    private static void assertCutAtOneSecond(McpToolbox toolbox, String tool, long first) throws InterruptedException {
        long millis = first;
        for (int i = 0; i < 2 && Math.abs(millis - 1_000) > 100; i++) {
            millis = call(toolbox, tool).millis();
        }
        assertTrue(Math.abs(millis - 1_000) <= 100, millis + " ms");
    }

    @Test
    void should_close_the_request_when_the_caller_is_interrupted() throws Exception {
        McpToolbox toolbox = toolbox();
        CountDownLatch gone = new CountDownLatch(1);
        CountDownLatch called = new CountDownLatch(1);
        server.onCall = (request, reply) -> {
            called.countDown();
            reply.hang(gone);
        };
        Tool read = toolbox.catalog(soon()).find("read").orElseThrow();
        AtomicReference<Object> end = new AtomicReference<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                end.set(toolbox.call(read, "{}", null, soon()));
            } catch (InterruptedException e) {
                end.set(e);
            }
        });
        assertTrue(called.await(5, TimeUnit.SECONDS));
        caller.interrupt();
        assertTrue(caller.join(Duration.ofMillis(500)));
        assertEquals(InterruptedException.class, end.get().getClass());
        assertTrue(gone.await(500, TimeUnit.MILLISECONDS));
        assertEquals(1, server.count("tools/call"));
        server.onCall = (request, reply) -> reply.text("{}");
        assertEquals(ToolOutcome.OK, call(toolbox, "read").outcome());
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "7", "\"x\"", "{", "{} {}", "{\"a\":}", "null", "{\"a\":1},\"b\":{"})
    void should_not_call_with_arguments_that_are_no_object(String arguments) throws Exception {
        McpToolbox toolbox = toolbox();
        Tool read = toolbox.catalog(soon()).find("read").orElseThrow();
        assertEquals(ToolOutcome.ERROR, toolbox.call(read, arguments, null, soon()).outcome());
        assertEquals(0, server.count("tools/call"));
    }

    @Test
    void should_fail_at_once_after_five_calls_that_hung_and_recover() throws Exception {
        McpToolbox toolbox = toolbox("call-timeout", "200ms", "breaker-delay", "2s");
        server.onCall = (request, reply) -> reply.hang();
        Tool read = toolbox.catalog(soon()).find("read").orElseThrow();
        for (int i = 0; i < 5; i++) {
            assertEquals(ToolOutcome.TIMEOUT, toolbox.call(read, "{}", null, soon()).outcome());
        }
        long[] nanos = new long[21];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            assertEquals(ToolOutcome.UNAVAILABLE, toolbox.call(read, "{}", null, soon()).outcome());
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        assertTrue(nanos[10] < 5_000_000, nanos[10] / 1_000 + " µs");
        assertEquals(5, server.count("tools/call"));
        server.onCall = (request, reply) -> reply.text("{}");
        Await.until("the breaker to let one try", Duration.ofSeconds(4),
                () -> toolbox.call(read, "{}", null, soon()).outcome() == ToolOutcome.OK);
    }

    @Test
    void should_not_blame_the_server_for_a_turn_that_has_no_time_left() throws Exception {
        McpToolbox toolbox = toolbox();
        server.onCall = (request, reply) -> reply.hang();
        Tool read = toolbox.catalog(soon()).find("read").orElseThrow();
        for (int i = 0; i < 6; i++) {
            assertEquals(ToolOutcome.TIMEOUT, toolbox.call(read, "{}", null, Deadline.in(Duration.ofMillis(50))).outcome());
        }
        assertEquals(ToolOutcome.TIMEOUT, toolbox.call(read, "{}", null, Deadline.in(Duration.ZERO)).outcome());
        server.onCall = (request, reply) -> reply.text("{}");
        assertEquals(ToolOutcome.OK, toolbox.call(read, "{}", null, soon()).outcome());
    }

    @Test
    void should_join_rows_as_an_array_and_other_texts_by_lines() throws Exception {
        McpToolbox toolbox = toolbox();
        server.onCall = (request, reply) -> reply.text("{\"n\":12.30}", "{\"n\":2}");
        assertEquals("[{\"n\":12.30},{\"n\":2}]", call(toolbox, "read").text());
        server.onCall = (request, reply) -> reply.text("{\"n\":1}", "fail to marshal: NaN");
        assertEquals("{\"n\":1}\nfail to marshal: NaN", call(toolbox, "read").text());
        server.onCall = (request, reply) -> reply.text("");
        assertEquals("[]", call(toolbox, "read").text());
        server.onCall = (request, reply) -> reply.result("{\"content\":[],\"structuredContent\":{\"a\":1}}");
        assertEquals("[{\"a\":1}]", call(toolbox, "read").text());
        server.onCall = (request, reply) -> reply.result("{\"content\":[{\"type\":\"image\",\"data\":\"AAAA\"},"
                + "{\"type\":\"resource\",\"resource\":{\"uri\":\"x:y\",\"text\":\"inside\"}}]}");
        assertEquals("[image]\ninside", call(toolbox, "read").text());
    }
}
