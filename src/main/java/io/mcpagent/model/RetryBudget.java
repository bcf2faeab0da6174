package io.mcpagent.model;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the retries of all calls together, so that a failing service is not asked many times as often just because it fails: each call earns half
 * a retry, and what calm times left over covers a short trouble. Safe for use by many threads.
 */
final class RetryBudget {

    // In half retries. The most is what as many calls at once may need as a task can hold, all of them throttled
    // together.
    private static final int FIRST = 40;
    private static final int MOST = 1_000;

    private final AtomicInteger halves = new AtomicInteger(FIRST);

    /** A call begins. */
    void earn() {
        halves.getAndUpdate(now -> Math.min(MOST, now + 1));
    }

    /** Whether there is a retry left; takes it. */
    boolean spend() {
        return halves.getAndUpdate(now -> now >= 2 ? now - 2 : now) >= 2;
    }
}
