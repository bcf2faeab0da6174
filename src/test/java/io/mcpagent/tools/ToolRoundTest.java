package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.ToolDefinition;
import io.mcpagent.support.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ToolRoundTest {

    private static final ToolRound.Listener DEAF = new ToolRound.Listener() {};

    private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    /** So many calls wait for each other before they begin. */
    private CyclicBarrier together = new CyclicBarrier(1);

    private final CountDownLatch mayEnd = new CountDownLatch(1);

    /** A toolbox whose calls take as many milliseconds as their arguments say. */
    private final Toolbox sleeping = new Toolbox() {
        @Override
        public ToolCatalog current(Identity caller, Deadline deadline) throws InterruptedException {
            return catalog(caller, deadline);
        }

        @Override
        public ToolCatalog catalog(Identity caller, Deadline deadline) {
            return ToolCatalog.UNAVAILABLE;
        }

        @Override
        public ToolAnswer call(Tool tool, Arguments arguments, Identity caller, String traceparent, Deadline deadline)
                throws InterruptedException {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            log.add("+" + tool.name());
            try {
                together.await(60, TimeUnit.SECONDS);
                String millis = arguments.json().replaceAll("[^0-9]", "");
                Thread.sleep(Long.parseLong(millis));
                if (tool.name().equals("last")) {
                    mayEnd.await();
                }
                return new ToolAnswer(ToolOutcome.OK, millis, 0);
            } catch (BrokenBarrierException | TimeoutException e) {
                throw new IllegalStateException("not so many run at once", e);
            } finally {
                log.add("-" + tool.name());
                running.decrementAndGet();
            }
        }
    };

    private static ToolRound.Call call(String name, boolean readOnly, int millis) {
        Tool tool = new Tool(new ToolDefinition(name, "", "{}"), new Tool.Hints(readOnly, null, null), "");
        return new ToolRound.Call("id-" + name, tool, Arguments.read("{\"millis\":" + millis + "}"));
    }

    private ToolRound round(int maxParallel) {
        return new ToolRound(sleeping, TestConfig.with("max-parallel", maxParallel));
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(120));
    }

    private static List<String> texts(List<ToolAnswer> results) {
        return results.stream().map(ToolAnswer::text).toList();
    }

    @Test
    void should_run_three_reads_at_once() throws Exception {
        together = new CyclicBarrier(3);
        List<ToolAnswer> results = round(8).run(
                        List.of(call("a", true, 1), call("b", true, 1), call("c", true, 1)),
                        Identity.ANONYMOUS,
                        soon(),
                        DEAF);
        assertEquals(List.of("1", "1", "1"), texts(results));
    }

    @Test
    void should_give_results_in_the_order_of_the_calls() throws Exception {
        List<ToolAnswer> results = round(8).run(
                        List.of(
                                call("a", true, 90),
                                call("b", true, 60),
                                call("c", true, 30),
                                call("d", false, 1),
                                call("e", true, 2)),
                        Identity.ANONYMOUS,
                        soon(),
                        DEAF);
        assertEquals(List.of("90", "60", "30", "1", "2"), texts(results));
    }

    @Test
    void should_run_a_write_alone_after_all_before_it_and_before_all_after_it() throws Exception {
        round(8).run(
                        List.of(
                                call("a", true, 50),
                                call("b", true, 10),
                                call("W", false, 30),
                                call("V", false, 5),
                                call("c", true, 20),
                                call("d", true, 1)),
                        Identity.ANONYMOUS,
                        soon(),
                        DEAF);
        List<String> events = new ArrayList<>(log);
        assertEquals(List.of("+W", "-W", "+V", "-V"), events.subList(4, 8));
        assertTrue(events.subList(0, 4).containsAll(List.of("+a", "+b", "-a", "-b")), events.toString());
    }

    @Test
    void should_run_only_so_many_at_once() throws Exception {
        together = new CyclicBarrier(2);
        round(2).run(
                        List.of(call("a", true, 30), call("b", true, 30), call("c", true, 30), call("d", true, 30)),
                        Identity.ANONYMOUS,
                        soon(),
                        DEAF);
        assertEquals(2, most.get());
    }

    @Test
    void should_tell_the_listener_on_the_callers_thread_when_it_happens() throws Exception {
        List<String> heard = new ArrayList<>();
        Thread caller = Thread.currentThread();
        round(8).run(
                        List.of(call("last", true, 0), call("b", true, 20), call("c", false, 1)),
                        Identity.ANONYMOUS,
                        soon(),
                        new ToolRound.Listener() {
                            @Override
                            public String started(ToolRound.Call call) {
                                assertSame(caller, Thread.currentThread());
                                heard.add("+" + call.tool().name());
                                return null;
                            }

                            @Override
                            public void ended(ToolRound.Call call, ToolAnswer result) {
                                assertSame(caller, Thread.currentThread());
                                heard.add("-" + call.tool().name() + result.text());
                                mayEnd.countDown();
                            }
                        });
        assertEquals(List.of("+last", "+b", "-b20", "-last0", "+c", "-c1"), heard);
    }

    @Test
    void should_cancel_all_calls_and_wait_for_them_when_the_caller_is_interrupted() throws Exception {
        AtomicReference<Throwable> end = new AtomicReference<>();
        AtomicInteger left = new AtomicInteger(-1);
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                round(3).run(
                                List.of(
                                        call("a", true, 900_000),
                                        call("b", true, 900_000),
                                        call("c", true, 900_000),
                                        call("d", true, 900_000)),
                                Identity.ANONYMOUS,
                                soon(),
                                DEAF);
            } catch (InterruptedException e) {
                end.set(e);
                left.set(running.get());
            }
        });
        Await.until("three calls", () -> running.get() == 3);
        caller.interrupt();
        assertTrue(caller.join(Duration.ofSeconds(60)));
        assertEquals(InterruptedException.class, end.get().getClass());
        assertEquals(0, left.get());
        assertTrue(log.stream().noneMatch("+d"::equals), "no call starts after a cancel");
    }

    @Test
    void should_cancel_the_others_when_the_listener_fails() {
        IllegalStateException gone = new IllegalStateException("the client is gone");
        IllegalStateException thrown = assertThrows(
                IllegalStateException.class,
                () -> round(8).run(
                                List.of(call("a", true, 900_000), call("b", true, 10)),
                                Identity.ANONYMOUS,
                                soon(),
                                new ToolRound.Listener() {
                                    @Override
                                    public void ended(ToolRound.Call call, ToolAnswer result) {
                                        throw gone;
                                    }
                                }));
        assertSame(gone, thrown);
        assertEquals(0, running.get());
    }

    @Test
    void should_pass_on_what_a_call_throws() {
        Toolbox broken = new Toolbox() {
            @Override
            public ToolCatalog current(Identity caller, Deadline deadline) throws InterruptedException {
                return catalog(caller, deadline);
            }

            @Override
            public ToolCatalog catalog(Identity caller, Deadline deadline) {
                return ToolCatalog.UNAVAILABLE;
            }

            @Override
            public ToolAnswer call(
                    Tool tool, Arguments arguments, Identity caller, String traceparent, Deadline deadline) {
                throw new IllegalArgumentException(tool.name());
            }
        };
        assertThrows(
                IllegalArgumentException.class,
                () -> new ToolRound(broken, TestConfig.with())
                        .run(List.of(call("a", true, 1), call("b", true, 1)), Identity.ANONYMOUS, soon(), DEAF));
    }

    @Test
    void should_do_nothing_without_calls() throws Exception {
        assertEquals(List.of(), round(8).run(List.of(), Identity.ANONYMOUS, soon(), DEAF));
    }

    @Test
    void should_reach_the_server_with_three_slow_calls_at_once() throws Exception {
        try (StubServer server = new StubServer()) {
            CountDownLatch all = new CountDownLatch(3);
            server.onCall = (request, reply) -> {
                all.countDown();
                all.await();
                reply.text("{\"id\":" + reply.id() + "}");
            };
            McpToolbox toolbox = TestConfig.toolbox("url", server.url());
            Tool read = toolbox.catalog(Identity.ANONYMOUS, soon()).find("read").orElseThrow();
            ToolRound.Call one = new ToolRound.Call("1", read, Arguments.read("{}"));
            ToolRound round = new ToolRound(toolbox, TestConfig.with());
            List<ToolAnswer> results = round.run(List.of(one, one, one), Identity.ANONYMOUS, soon(), DEAF);
            assertTrue(results.stream().allMatch(result -> result.outcome() == ToolOutcome.OK), results.toString());
            toolbox.close();
        }
    }
}
