package io.mcpagent.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.base.Breaker.BreakerState;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BreakerTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final Breaker breaker = new Breaker(3, Duration.ofNanos(10), now::get);

    @Test
    void should_open_after_so_many_failures_in_a_row() {
        fail(2);
        breaker.succeeded();
        fail(2);
        assertTrue(breaker.allows(null));
        assertEquals(BreakerState.CLOSED, breaker.state());
        fail(1);
        assertFalse(breaker.allows(null));
        assertEquals(BreakerState.OPEN, breaker.state());
    }

    @Test
    void should_let_one_request_try_after_the_delay_and_close_on_its_success() {
        fail(3);
        now.addAndGet(10);
        assertTrue(breaker.allows(null));
        assertFalse(breaker.allows(null));
        assertEquals(BreakerState.HALF_OPEN, breaker.state());
        breaker.succeeded();
        assertTrue(breaker.allows(null));
        assertTrue(breaker.allows(null));
        fail(2);
        assertEquals(BreakerState.CLOSED, breaker.state());
    }

    @Test
    void should_stay_open_for_another_delay_when_the_try_fails() {
        fail(3);
        now.addAndGet(10);
        assertTrue(breaker.allows(null));
        breaker.failed(null);
        now.addAndGet(9);
        assertFalse(breaker.allows(null));
        now.addAndGet(1);
        assertTrue(breaker.allows(null));
    }

    @Test
    void should_let_the_next_request_try_when_the_first_was_cancelled() {
        fail(3);
        now.addAndGet(10);
        assertTrue(breaker.allows(null));
        breaker.abandoned();
        assertTrue(breaker.allows(null));
        assertFalse(breaker.allows(null));
    }

    @Test
    void should_not_stay_half_open_for_ever_when_a_try_never_reports() {
        fail(3);
        now.addAndGet(10);
        assertTrue(breaker.allows(null));
        now.addAndGet(10);
        assertTrue(breaker.allows(null));
    }

    @Test
    void should_not_be_closed_by_a_late_answer_from_before_it_opened() {
        fail(3);
        breaker.succeeded();
        assertEquals(BreakerState.OPEN, breaker.state());
    }

    @Test
    void should_let_exactly_one_of_many_threads_try() throws InterruptedException {
        fail(3);
        now.addAndGet(10);
        AtomicInteger allowed = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(200);
        for (int i = 0; i < 200; i++) {
            Thread.ofVirtual().start(() -> {
                if (breaker.allows(null)) {
                    allowed.incrementAndGet();
                }
                ended.countDown();
            });
        }
        ended.await();
        assertEquals(1, allowed.get());
    }

    @Test
    void should_refuse_a_limit_of_no_failure() {
        assertThrows(IllegalArgumentException.class, () -> new Breaker(0, Duration.ZERO));
    }

    /** K4: one prompt that always fails, with its attempts, kept everybody out. */
    @Test
    void should_count_the_attempts_of_a_turn_as_one_failure() {
        for (int i = 0; i < 50; i++) {
            breaker.failed(new Asker("alice", "run"));
        }
        assertTrue(breaker.allows(new Asker("alice", "another")));
        assertEquals(BreakerState.CLOSED, breaker.state());
    }

    @Test
    void should_keep_out_only_the_caller_whose_turns_fail_until_another_one_fails() {
        for (int i = 0; i < 50; i++) {
            breaker.failed(new Asker("alice", "run " + i));
        }
        Asker bob = new Asker("bob", "run");
        assertFalse(breaker.allows(new Asker("alice", "next")));
        assertTrue(breaker.allows(bob));
        breaker.succeeded();
        assertTrue(breaker.allows(bob));
        assertFalse(breaker.allows(new Asker("alice", "next")));
        breaker.failed(bob);
        assertFalse(breaker.allows(bob));
        assertFalse(breaker.allows(new Asker("carol", "run")));
        now.addAndGet(10);
        assertTrue(breaker.allows(bob));
        breaker.succeeded();
        assertTrue(breaker.allows(new Asker("alice", "next")));
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            assertTrue(breaker.allows(null));
            breaker.failed(null);
        }
    }
}
