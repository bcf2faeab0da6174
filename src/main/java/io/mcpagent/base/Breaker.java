package io.mcpagent.base;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps requests from a service that fails, so that callers learn it at once. After a number of failures in a row it opens; after a delay it lets
 * one request try, whose success closes it and whose failure opens it again. All failures of one turn are one, since what it asks for may be their
 * cause. For the same reason a breaker that only one caller has opened is open for that caller alone, until another one fails too. A request that was let through reports exactly once: {@link #succeeded},
 * {@link #failed} or {@link #abandoned}. Never blocks. Safe for use by many threads.
 */
public final class Breaker {

    /** Where it stands. */
    public enum BreakerState {
        /** Requests go through. */
        CLOSED,
        /** No request goes through. */
        OPEN,
        /** One request tries. */
        HALF_OPEN
    }

    private final int failuresToOpen;
    private final long delayNanos;
    private final LongSupplier nanoTime;
    // Not the object's monitor: before Java 25.0.4 a virtual thread can stay blocked on one (JDK-8373120).
    private final ReentrantLock lock = new ReentrantLock();
    private volatile BreakerState state = BreakerState.CLOSED;
    private final Set<Object> failedTurns = new HashSet<>();
    /** One that has failed, and whether there are others. */
    private @Nullable String failedCaller;

    private boolean manyFailed;
    private long since;

    /**
     * @param failuresToOpen after how many failed turns in a row it opens, at least 1
     * @param delay          how long it stays open before one request may try
     */
    public Breaker(int failuresToOpen, Duration delay) {
        this(failuresToOpen, delay, System::nanoTime);
    }

    Breaker(int failuresToOpen, Duration delay, LongSupplier nanoTime) {
        if (failuresToOpen < 1) {
            throw new IllegalArgumentException("a breaker opens after at least one failure, not " + failuresToOpen);
        }
        this.failuresToOpen = failuresToOpen;
        this.delayNanos = delay.toNanos();
        this.nanoTime = nanoTime;
    }

    /**
     * Whether a request may go through now.
     *
     * @param asker whose it is; null for one of the service itself, which is a turn of its own
     */
    public boolean allows(@Nullable Asker asker) {
        lock.lock();
        try {
            if (state == BreakerState.CLOSED || isFailureOfAnother(asker)) {
                return true;
            }
            long now = nanoTime.getAsLong();
            // A request that tried and never reported must not keep it half open without end.
            if (now - since < delayNanos) {
                return false;
            }
            state = BreakerState.HALF_OPEN;
            since = now;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The service answered. */
    public void succeeded() {
        lock.lock();
        try {
            if (state == BreakerState.OPEN) {
                return; // A late answer from before it opened says nothing of now.
            }
            state = BreakerState.CLOSED;
            failedTurns.clear();
            failedCaller = null;
            manyFailed = false;
        } finally {
            lock.unlock();
        }
    }

    private boolean isFailureOfAnother(@Nullable Asker asker) {
        return asker != null && failedCaller != null && !manyFailed && !failedCaller.equals(asker.caller());
    }

    /**
     * The service failed.
     *
     * @param asker whose request it was, as for {@link #allows}
     */
    public void failed(@Nullable Asker asker) {
        lock.lock();
        try {
            manyFailed |= asker == null || isFailureOfAnother(asker);
            failedCaller = asker == null ? failedCaller : asker.caller();
            if (state == BreakerState.OPEN) {
                return;
            }
            if (failedTurns.size() < failuresToOpen) {
                failedTurns.add(asker == null ? new Object() : asker);
            }
            if (state == BreakerState.HALF_OPEN || failedTurns.size() >= failuresToOpen) {
                state = BreakerState.OPEN;
                since = nanoTime.getAsLong();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The request ended without telling anything of the service, such as by a cancellation: the next one may try in its place. */
    public void abandoned() {
        lock.lock();
        try {
            if (state == BreakerState.HALF_OPEN) {
                state = BreakerState.OPEN;
                since = nanoTime.getAsLong() - delayNanos;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Where it stands; an open one stays open until a request comes to try. */
    public BreakerState state() {
        return state;
    }
}
