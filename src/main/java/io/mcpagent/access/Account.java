package io.mcpagent.access;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** What one caller, or all of them together, asked in the last minute and has running now. Safe for use by many threads. */
final class Account {

    /** The period that requests are counted in. */
    static final Duration WINDOW = Duration.ofMinutes(1);

    private final int requests;
    private final int turns;
    private final Bucket bucket;
    // Not the object's monitor: before Java 25.0.4 a virtual thread can stay blocked on one (JDK-8373120).
    private final ReentrantLock lock = new ReentrantLock();
    private int running;
    private long usedAt = System.nanoTime();

    /**
     * @param requests how many requests a minute may have; they come back evenly
     * @param turns    how many turns may run at once
     */
    Account(int requests, int turns) {
        this.requests = requests;
        this.turns = turns;
        this.bucket = Bucket.builder()
                .addLimit(limit -> limit.capacity(requests).refillGreedy(requests, WINDOW))
                .build();
    }

    /** Whether it has these limits; they change with the secret. */
    boolean has(int requestLimit, int turnLimit) {
        return requests == requestLimit && turns == turnLimit;
    }

    int requests() {
        return requests;
    }

    /** Counts a request, if it still fits. */
    ConsumptionProbe request() {
        lock.lock();
        try {
            usedAt = System.nanoTime();
        } finally {
            lock.unlock();
        }
        return bucket.tryConsumeAndReturnRemaining(1);
    }

    /** Whether one more turn may run now. */
    boolean hasRoom() {
        lock.lock();
        try {
            return running < turns;
        } finally {
            lock.unlock();
        }
    }

    /** Begins a turn, if one more may run; whoever got true calls {@link #end} once. */
    boolean begin() {
        lock.lock();
        try {
            if (running >= turns) {
                return false;
            }
            running++;
            usedAt = System.nanoTime();
            return true;
        } finally {
            lock.unlock();
        }
    }

    void end() {
        lock.lock();
        try {
            running--;
        } finally {
            lock.unlock();
        }
    }

    /** Whether forgetting it changes nothing. */
    boolean idle() {
        lock.lock();
        try {
            return running == 0 && System.nanoTime() - usedAt > WINDOW.toNanos();
        } finally {
            lock.unlock();
        }
    }
}
