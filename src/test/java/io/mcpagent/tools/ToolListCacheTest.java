package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.base.Deadline;
import io.mcpagent.support.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ToolListCacheTest {

    private final AtomicInteger asked = new AtomicInteger();
    private final Semaphore gate = new Semaphore(Integer.MAX_VALUE / 2);
    private volatile boolean up = true;
    private volatile boolean broken;
    private ToolListCache cache;

    private ToolListCache cache(Duration ttl) {
        cache = new ToolListCache(
                () -> {
                    asked.incrementAndGet();
                    gate.acquire();
                    gate.release();
                    if (broken) {
                        throw new NoClassDefFoundError("out of order");
                    }
                    if (!up) {
                        throw new McpException(McpException.FailureKind.NOT_SENT, "refused");
                    }
                    return ToolListing.of(
                            new McpConnection.Listed(List.of(), Duration.ofDays(1)), CallerParameters.Reserved.NONE);
                },
                ttl);
        return cache;
    }

    @AfterEach
    void close() {
        cache.close();
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(60));
    }

    @Test
    void should_ask_once_while_the_list_is_fresh() throws Exception {
        ToolListCache cache = cache(Duration.ofMinutes(1));
        ToolListing first = cache.get(soon());
        for (int i = 0; i < 100; i++) {
            assertSame(first, cache.get(soon()));
        }
        assertEquals(1, asked.get());
    }

    @Test
    void should_serve_an_old_list_while_one_refresh_runs_behind_it() throws Exception {
        ToolListCache cache = cache(Duration.ofMillis(20));
        ToolListing first = cache.get(soon());
        gate.drainPermits();
        Await.until("the list to be old and asked for", () -> {
            assertSame(first, cache.get(soon()));
            return asked.get() == 2;
        });
        for (int i = 0; i < 1_000; i++) {
            assertSame(first, cache.get(soon()));
        }
        assertEquals(2, asked.get());
        gate.release(1_000);
        Await.until("the new list", () -> cache.get(soon()) != first);
    }

    @Test
    void should_ask_after_it_was_asked_for_the_current_list() throws Exception {
        ToolListCache cache = cache(Duration.ofHours(1));
        ToolListing first = cache.get(soon());
        assertNotSame(first, cache.current(soon()));
        assertEquals(2, asked.get());
        // A question that is under way may have been answered before: that one does not count.
        gate.drainPermits();
        cache.refresh();
        Await.until("the third question", () -> asked.get() == 3);
        Thread asking = Thread.startVirtualThread(() -> {
            try {
                cache.current(soon());
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        gate.release(1_000);
        asking.join();
        assertEquals(4, asked.get());
        up = false;
        assertNull(cache.current(soon()));
    }

    @Test
    void should_never_ask_twice_at_once() throws Exception {
        ToolListCache cache = cache(Duration.ofMinutes(1));
        gate.drainPermits();
        List<Thread> threads = new ArrayList<>();
        AtomicInteger served = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    served.addAndGet(cache.get(soon()) == null ? 0 : 1);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        Await.until("the question", () -> asked.get() == 1);
        gate.release(1_000);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(50, served.get());
        assertEquals(1, asked.get());
    }

    @Test
    void should_ask_again_before_it_serves_a_list_that_is_in_doubt() throws Exception {
        ToolListCache cache = cache(Duration.ofMinutes(1));
        ToolListing first = cache.get(soon());
        cache.doubt();
        assertNotSame(first, cache.get(soon()));
        up = false;
        cache.doubt();
        assertNull(cache.get(soon()));
        assertTrue(cache.isDown());
    }

    @Test
    void should_not_make_anybody_wait_while_the_server_is_down_and_notice_when_it_is_back() throws Exception {
        up = false;
        ToolListCache cache = cache(Duration.ofMinutes(1));
        AtomicInteger recoveries = new AtomicInteger();
        cache.onRecovery(recoveries::incrementAndGet);
        assertNull(cache.get(soon()));
        long start = System.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            assertNull(cache.get(soon()));
        }
        assertTrue(System.nanoTime() - start < 60_000_000_000L, "a probe each second, and nobody waits for one");
        up = true;
        Await.until("the list", () -> cache.get(soon()) != null);
        assertEquals(1, recoveries.get());
        up = false;
        cache.doubt();
        assertNull(cache.get(soon()));
        up = true;
        Await.until("the list again", () -> cache.get(soon()) != null);
        assertEquals(2, recoveries.get());
    }

    @Test
    void should_survive_an_error_and_notice_when_it_is_over() throws Exception {
        broken = true;
        ToolListCache cache = cache(Duration.ofMinutes(1));
        assertNull(cache.get(soon()));
        assertTrue(cache.isDown());
        broken = false;
        Await.until("the probe to notice", () -> !cache.isDown());
        assertNotNull(cache.get(soon()));
    }

    @Test
    void should_let_a_caller_go_at_its_deadline_and_on_interrupt_without_breaking_the_refresh() throws Exception {
        ToolListCache cache = cache(Duration.ofMinutes(1));
        gate.drainPermits();
        assertNull(cache.get(Deadline.in(Duration.ofMillis(50))));
        AtomicInteger interrupted = new AtomicInteger();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                cache.get(soon());
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
            }
        });
        caller.interrupt();
        caller.join();
        assertEquals(1, interrupted.get());
        gate.release(1_000);
        Await.until("the list", () -> cache.get(soon()) != null);
        assertEquals(1, asked.get());
    }
}
