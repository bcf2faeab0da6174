package io.mcpagent.access;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TokensInheritanceStrategy;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** What one caller, or all of them together, asked in the last minute and has running now. Safe for use by many threads. */
final class Account {

    /** The period that requests are counted in. */
    static final Duration WINDOW = Duration.ofMinutes(1);

    private final Bucket bucket;
    // Not the object's monitor: before Java 25.0.4 a virtual thread can stay blocked on one (JDK-8373120).
    private final ReentrantLock lock = new ReentrantLock();
    private int requests;
    private int turns;
    private int running;
    private long usedAt = System.nanoTime();

    /**
     * @param requests how many requests a minute may have; they come back evenly
     * @param turns    how many turns may run at once
     */
    Account(int requests, int turns) {
        this.requests = requests;
        this.turns = turns;
        this.bucket = Bucket.builder().addLimit(refilled(requests)).build();
    }

    private static Bandwidth refilled(int requests) {
        return Bandwidth.builder()
                .capacity(requests)
                .refillGreedy(requests, WINDOW)
                .build();
    }

    /**
     * Has these limits from now on: they change with the secret, and with what a caller's token says of them. What was asked and what is running
     * stays counted, so that nobody gains anything by changing tokens.
     */
    void limit(int requestLimit, int turnLimit) {
        lock.lock();
        try {
            turns = turnLimit;
            if (requests != requestLimit) {
                requests = requestLimit;
                bucket.replaceConfiguration(
                        BucketConfiguration.builder()
                                .addLimit(refilled(requestLimit))
                                .build(),
                        TokensInheritanceStrategy.AS_IS);
            }
        } finally {
            lock.unlock();
        }
    }

    int requests() {
        lock.lock();
        try {
            return requests;
        } finally {
            lock.unlock();
        }
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

    /** Begins a turn, if one more may run. A caller that got true must call {@link #end} once. */
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
