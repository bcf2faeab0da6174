package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.base.Asker;
import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.support.Await;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a call may take, who can end it before, and what follows from calls that hang. */
class CallLimitsTest extends StubServerTest {

    @ParameterizedTest
    @ValueSource(strings = {"read", "write"})
    void should_cut_a_call_that_hangs_at_the_limit_and_close_its_connection(String tool) throws Exception {
        McpToolbox toolbox = toolbox("call-timeout", "1s");
        CountDownLatch gone = new CountDownLatch(1);
        server.onCall = (request, reply) -> reply.hang(gone);
        ToolAnswer result = call(toolbox, tool);
        assertEquals(tool.equals("read") ? ToolOutcome.TIMEOUT : ToolOutcome.OUTCOME_UNKNOWN, result.outcome());
        assertTrue(gone.await(60, TimeUnit.SECONDS), "the server saw the end of the connection");
        assertEquals(1, server.count("tools/call"));
        assertCutAtOneSecond(result);
    }

    @Test
    void should_cut_a_call_that_trickles_at_the_limit() throws Exception {
        McpToolbox toolbox = toolbox("call-timeout", "1s");
        server.onCall = (request, reply) -> {
            reply.out()
                    .write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            while (true) {
                reply.out().write(' ');
                Thread.sleep(50);
            }
        };
        ToolAnswer result = call(toolbox, "read");
        assertEquals(ToolOutcome.TIMEOUT, result.outcome());
        assertCutAtOneSecond(result);
    }

    /** By the limit, and not by the deadline, the only other end that it has. */
    private static void assertCutAtOneSecond(ToolAnswer result) {
        assertTrue(result.millis() >= 990 && result.millis() < 50_000, result.millis() + " ms");
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
        Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
        AtomicReference<Object> end = new AtomicReference<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                end.set(toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, soon()));
            } catch (InterruptedException e) {
                end.set(e);
            }
        });
        assertTrue(called.await(60, TimeUnit.SECONDS));
        caller.interrupt();
        assertTrue(caller.join(Duration.ofSeconds(60)));
        assertEquals(InterruptedException.class, end.get().getClass());
        assertTrue(gone.await(60, TimeUnit.SECONDS));
        assertEquals(1, server.count("tools/call"));
        server.onCall = (request, reply) -> reply.text("{}");
        assertEquals(ToolOutcome.OK, call(toolbox, "read").outcome());
    }

    @Test
    void should_fail_at_once_after_five_calls_that_hung() throws Exception {
        McpToolbox toolbox = toolbox("call-timeout", "200ms", "breaker-delay", "10m");
        server.onCall = (request, reply) -> reply.hang();
        Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
        for (int i = 0; i < 5; i++) {
            assertEquals(
                    ToolOutcome.TIMEOUT,
                    toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                            .outcome());
        }
        for (int i = 0; i < 20; i++) {
            assertEquals(
                    ToolOutcome.UNAVAILABLE,
                    toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                            .outcome());
        }
        assertEquals(5, server.count("tools/call"), "the others did not wait for the server");
    }

    /** K4: one turn with five slow reads took everybody's tools away. */
    @Test
    void should_not_keep_others_out_for_the_slow_calls_of_one_turn() throws Exception {
        McpToolbox toolbox = toolbox("call-timeout", "200ms", "breaker-delay", "10m");
        server.onCall = (request, reply) -> reply.hang();
        Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
        Deadline alices = Deadline.in(Duration.ofSeconds(60), new Asker("alice", "run"));
        for (int i = 0; i < 7; i++) {
            assertEquals(
                    ToolOutcome.TIMEOUT,
                    toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, alices)
                            .outcome());
        }
        server.onCall = (request, reply) -> reply.text("{}");
        Deadline bobs = Deadline.in(Duration.ofSeconds(60), new Asker("bob", "run"));
        assertEquals(
                ToolOutcome.OK,
                toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, bobs)
                        .outcome());
    }

    @Test
    void should_find_out_by_itself_that_calls_do_not_hang_any_more() throws Exception {
        McpToolbox toolbox = toolbox("call-timeout", "200ms", "breaker-delay", "1s");
        server.onCall = (request, reply) -> reply.hang();
        Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
        for (int i = 0; i < 5; i++) {
            toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, soon());
        }
        server.onCall = (request, reply) -> reply.text("{}");
        Await.until(
                "the breaker to let one try",
                () -> toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                                .outcome()
                        == ToolOutcome.OK);
    }

    @Test
    void should_not_blame_the_server_for_a_turn_that_has_no_time_left() throws Exception {
        McpToolbox toolbox = toolbox();
        server.onCall = (request, reply) -> reply.hang();
        Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
        for (int i = 0; i < 6; i++) {
            assertEquals(
                    ToolOutcome.TIMEOUT,
                    toolbox.call(
                                    read,
                                    Arguments.read("{}"),
                                    Identity.ANONYMOUS,
                                    null,
                                    Deadline.in(Duration.ofMillis(50)))
                            .outcome());
        }
        assertEquals(
                ToolOutcome.TIMEOUT,
                toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, Deadline.in(Duration.ZERO))
                        .outcome());
        server.onCall = (request, reply) -> reply.text("{}");
        assertEquals(
                ToolOutcome.OK,
                toolbox.call(read, Arguments.read("{}"), Identity.ANONYMOUS, null, soon())
                        .outcome());
    }
}
