package io.mcpagent.base;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A point in time by which something must have ended, on the monotonic clock, so that a change of the wall clock does not move it.
 *
 * @param atNanos the point in time as {@link System#nanoTime()} counts it
 * @param asker   whose time it is; null for what the service does of its own accord
 */
public record Deadline(long atNanos, @Nullable Asker asker) {

    /** The deadline of a turn, {@code duration} ahead of now. */
    public static Deadline in(Duration duration, Asker asker) {
        return new Deadline(System.nanoTime() + duration.toNanos(), asker);
    }

    /** The deadline that lies {@code duration} ahead of now. */
    public static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos(), null);
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
