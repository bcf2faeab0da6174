package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.support.Await;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OrphanedLeasesTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    private final OrphanedLeases orphans = new OrphanedLeases();
    private final AtomicInteger looks = new AtomicInteger();

    @Test
    void should_look_again_for_a_lease_whose_write_is_still_under_way() {
        orphans.add("late", () -> looks.incrementAndGet() == 4);
        Await.until("the fourth look", BOUND, () -> looks.get() >= 4);
    }

    @Test
    void should_stop_looking_for_a_lease_that_was_never_taken() {
        orphans.add("never", () -> {
            looks.incrementAndGet();
            return false;
        });
        Await.until("the last look", BOUND, () -> looks.get() == 7);
        Await.until("the lease to be forgotten", BOUND, () -> !orphans.giveBackNow("never"));
    }

    /** Whoever was refused for it a moment before asks whose it was a moment after. */
    @Test
    void should_know_a_lease_for_a_while_after_it_was_given_back() {
        orphans.add("given", () -> looks.incrementAndGet() > 0);
        Await.until("the lease to be given back", BOUND, () -> looks.get() > 0);
        assertTrue(orphans.giveBackNow("given"));
    }

    @Test
    void should_wait_for_a_store_that_does_not_answer_and_give_back_everything_then() {
        orphans.add("first", () -> {
            if (looks.incrementAndGet() < 4) {
                throw new StoreUnavailableException("down");
            }
            return true;
        });
        AtomicInteger second = new AtomicInteger();
        orphans.add("second", () -> second.incrementAndGet() > 0);
        Await.until("both", BOUND, () -> looks.get() == 4 && second.get() == 1);
    }

    @Test
    void should_go_on_after_one_that_always_fails() {
        orphans.add("odd", () -> {
            throw new IllegalStateException("odd");
        });
        orphans.add("next", () -> looks.incrementAndGet() > 0);
        Await.until("the next one", BOUND, () -> looks.get() == 1);
        assertFalse(orphans.giveBackNow("odd"));
    }

    @Test
    void should_give_back_at_once_what_is_in_the_way_and_know_nothing_of_others() {
        assertFalse(orphans.giveBackNow("somebody's"));
        orphans.add("mine", () -> {
            looks.incrementAndGet();
            return false;
        });
        int before = looks.get();
        assertTrue(orphans.giveBackNow("mine"));
        assertTrue(looks.get() > before);
    }
}
