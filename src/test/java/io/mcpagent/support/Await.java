package io.mcpagent.support;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition, with a bound. */
public final class Await {

    private static final Duration POLL = Duration.ofMillis(20);
    // Says nothing about how long it may take: a machine that does much else takes its time.
    private static final Duration DEFAULT_BOUND = Duration.ofSeconds(60);

    private Await() {}

    /** Waits at most a minute until the condition holds; {@code what} completes the sentence "waited for …". */
    public static void until(String what, Callable<Boolean> condition) {
        until(what, DEFAULT_BOUND, condition);
    }

    /**
     * Waits until the condition holds. An exception from the condition counts as "not yet".
     *
     * @throws AssertionError that names what was waited for, after the bound, with the last exception as its cause
     */
    public static void until(String what, Duration bound, Callable<Boolean> condition) {
        long end = System.nanoTime() + bound.toNanos();
        while (true) {
            Exception last = null;
            try {
                if (condition.call()) {
                    return;
                }
            } catch (Exception notYet) {
                last = notYet;
            }
            if (System.nanoTime() >= end) {
                throw new AssertionError("waited " + bound.toMillis() + " ms in vain for " + what, last);
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }
}
