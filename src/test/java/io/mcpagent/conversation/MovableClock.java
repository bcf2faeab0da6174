package io.mcpagent.conversation;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/** A clock that only moves when the test says so, both as the wall clock and as the monotonic one. */
public final class MovableClock implements InstantSource, LongSupplier {

    private final Instant start;
    private final AtomicReference<Instant> now;

    public MovableClock(Instant start) {
        this.start = start;
        this.now = new AtomicReference<>(start);
    }

    public static MovableClock atNow() {
        return new MovableClock(Instant.now());
    }

    public void advance(Duration by) {
        now.updateAndGet(instant -> instant.plus(by));
    }

    @Override
    public Instant instant() {
        return now.get();
    }

    @Override
    public long getAsLong() {
        return Duration.between(start, now.get()).toNanos();
    }
}
