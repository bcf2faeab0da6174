package io.mcpagent.base;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The one clock of this process for what happens later: deadlines, silent connections, heartbeats. All actions run on one thread, one after the
 * other, so an action must not block; it may interrupt a thread, close a socket, or start a virtual thread. Safe for use by many threads.
 */
@Singleton
public final class Timers implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Timers.class);

    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("timers").factory());

    /** A running timer; for use by many threads. */
    @FunctionalInterface
    public interface Timer {

        /** Stops it. An action that runs at this moment is not waited for; a timer that has ended is left as it is. */
        void cancel();
    }

    /** A clock of its own: CDI makes the one of the process, tests make theirs. */
    public Timers() {
        executor.setRemoveOnCancelPolicy(true);
    }

    /**
     * Runs an action once, when {@code delay} has passed.
     *
     * @param delay at once if it is zero or negative
     */
    public Timer after(Duration delay, Runnable action) {
        return timer(executor.schedule(guarded(action), delay.toNanos(), TimeUnit.NANOSECONDS));
    }

    /** Runs an action again and again, for the first time when {@code pause} has passed, until the timer is cancelled. */
    public Timer every(Duration pause, Runnable action) {
        return timer(executor.scheduleWithFixedDelay(
                guarded(action), pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS));
    }

    private static Timer timer(ScheduledFuture<?> scheduled) {
        return () -> scheduled.cancel(false);
    }

    /** One action that fails must end neither its repetitions nor anything silently. */
    private static Runnable guarded(Runnable action) {
        return () -> {
            try {
                action.run();
            } catch (Throwable e) {
                LOG.error("A timer's action failed", e);
            }
        };
    }

    @Override
    @PreDestroy
    public void close() {
        executor.shutdownNow();
    }
}
