package io.mcpagent.conversation;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Leases that may be taken in the store though nobody holds them, because the call that took them or gave them back was not answered. They are
 * given back in the background, one after the other, so that a store that comes back is not met by a crowd. Safe for use by many threads.
 */
final class OrphanedLeases {

    private static final Logger LOG = Logger.getLogger(OrphanedLeases.class);

    /** An outage must not fill the memory: what is more than this ends by its time. */
    private static final int MOST = 10_000;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /**
     * How often a lease is looked for that the store does not have. The write that takes it may still be under way after its caller gave up; the
     * pauses between the looks double, and make some six seconds together.
     */
    private static final int MOST_LOOKS = 7;

    /**
     * How long a lease is known after it was given back: longer than a call of the store takes, which may have been refused for it before that and
     * asks only now whose it was.
     */
    private static final Duration KNOWN_AFTERWARDS = Duration.ofSeconds(10);

    private final Map<String, Orphan> orphans = new ConcurrentHashMap<>();
    private final DelayQueue<Orphan> queue = new DelayQueue<>();
    private final AtomicBoolean working = new AtomicBoolean();

    /** Changed only by the thread that gives back. */
    private Duration pause = FIRST_PAUSE;

    /** Gives a lease back. */
    @FunctionalInterface
    interface GiveBack {

        /**
         * Gives it back, if it is there.
         *
         * @return whether it was there
         * @throws StoreUnavailableException if nobody knows, since the store does not answer
         */
        boolean run();
    }

    private static final class Orphan implements Delayed {

        private final String name;
        private final GiveBack giveBack;
        private int looks;
        private boolean over;
        private volatile long dueNanos = System.nanoTime();

        Orphan(String name, GiveBack giveBack) {
            this.name = name;
            this.giveBack = giveBack;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.signum(getDelay(TimeUnit.NANOSECONDS) - other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    /**
     * Gives back in the background.
     *
     * @param name what the store knows the lease by, and {@link #giveBackNow} finds it by
     */
    void add(String name, GiveBack giveBack) {
        if (orphans.size() >= MOST) {
            LOG.warn("Too many leases wait to be given back; another one stays until it expires");
            return;
        }
        Orphan orphan = new Orphan(name, giveBack);
        orphans.put(name, orphan);
        queue.add(orphan);
        if (working.compareAndSet(false, true)) {
            Thread.ofVirtual().name("orphaned-leases").start(this::work);
        }
    }

    /**
     * Gives back a lease that is in a caller's way, if it is one of those that nobody holds.
     *
     * @return whether it was one of them
     * @throws StoreUnavailableException if the store does not answer
     */
    boolean giveBackNow(String name) {
        Orphan orphan = orphans.get(name);
        if (orphan == null) {
            return false;
        }
        orphan.giveBack.run();
        return true;
    }

    private void work() {
        try {
            while (true) {
                giveBack(queue.take());
            }
        } catch (InterruptedException e) {
            // Nobody interrupts this thread but the end of the process.
            working.set(false);
        }
    }

    private void giveBack(Orphan orphan) throws InterruptedException {
        if (orphan.over) {
            orphans.remove(orphan.name, orphan);
            return;
        }
        try {
            boolean given = orphan.giveBack.run();
            pause = FIRST_PAUSE;
            orphan.looks++;
            orphan.over = given || orphan.looks == MOST_LOOKS;
            orphan.dueNanos = System.nanoTime()
                    + (orphan.over ? KNOWN_AFTERWARDS.toNanos() : FIRST_PAUSE.toNanos() << (orphan.looks - 1));
            queue.add(orphan);
        } catch (StoreUnavailableException e) {
            LOG.debugf("A lease could not be given back yet: %s", e.getMessage());
            queue.add(orphan);
            Thread.sleep(pause);
            Duration longer = pause.multipliedBy(2);
            pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
        } catch (RuntimeException | Error e) {
            // One that always fails must not stop the others.
            orphans.remove(orphan.name, orphan);
            LOG.error("A lease could not be given back, and stays until it expires", e);
        }
    }
}
