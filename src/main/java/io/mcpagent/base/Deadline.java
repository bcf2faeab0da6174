package io.mcpagent.base;

import java.time.Duration;

/**
 * A point in time by which something must have ended, on the monotonic clock, so that a change of the wall clock does not move it.
 *
 * @param atNanos the point in time as {@link System#nanoTime()} counts it
 */
public record Deadline(long atNanos) {

    /** The deadline that lies {@code duration} ahead of now. */
    public static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    /** The time left; zero when the deadline has passed, never negative. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, atNanos - System.nanoTime()));
    }

    /** The time left, but at most {@code most}. */
    public Duration leftAtMost(Duration most) {
        Duration left = left();
        return left.compareTo(most) < 0 ? left : most;
    }

    /** Whether the deadline has passed. */
    public boolean passed() {
        return System.nanoTime() - atNanos >= 0;
    }
}
