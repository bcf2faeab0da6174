package io.mcpagent.model;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Cuts exchanges that take too long. A socket could bound its own reads, but not its writes, and each read that waits would wake the timer of the
 * virtual threads once more; a stream has hundreds of them. Safe for use by many threads.
 */
final class Watch implements AutoCloseable {

    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("bedrock-watch").factory());

    Watch() {
        clock.setRemoveOnCancelPolicy(true);
    }

    /** What is watched. */
    interface Watched {

        /** How long it may still take as things stand, in nanoseconds; zero or less if it must be cut. */
        long left();

        /** Makes the thread that waits for it fail. */
        void cut();
    }

    /** Watches until what it returns is closed. */
    Looks over(Watched watched) {
        Looks looks = new Looks(watched);
        looks.lookIn(watched.left());
        return looks;
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    /** Looks again when the time runs out that was left at the last look. */
    final class Looks implements Runnable, AutoCloseable {

        private final Watched watched;
        private volatile Future<?> next;
        private volatile boolean closed;

        private Looks(Watched watched) {
            this.watched = watched;
        }

        private void lookIn(long nanos) {
            next = clock.schedule(this, nanos, TimeUnit.NANOSECONDS);
            if (closed) {
                next.cancel(false);
            }
        }

        @Override
        public void run() {
            if (closed) {
                return;
            }
            long left = watched.left();
            if (left <= 0) {
                watched.cut();
            } else {
                lookIn(left);
            }
        }

        @Override
        public void close() {
            closed = true;
            next.cancel(false);
        }
    }
}
