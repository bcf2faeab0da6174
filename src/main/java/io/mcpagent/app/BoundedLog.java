package io.mcpagent.app;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Writes log records on a thread of its own: standard output that nobody reads blocks its writer, and a turn must not be that writer. Records
 * that find no room are dropped and counted, and the log says how many as soon as it is read again. Safe for use by many threads.
 */
final class BoundedLog extends ExtHandler {

    /** How many records wait at most. */
    static final int MOST_WAITING = 4_096;

    private final BlockingQueue<Runnable> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicLong dropped = new AtomicLong();
    private final Handler[] writers;

    /** Begins at once. */
    BoundedLog(Handler... writers) {
        this.writers = writers.clone();
        Thread.ofPlatform().name("log").daemon().start(this::work);
    }

    @Override
    @SuppressWarnings("deprecation") // what it makes is kept with the record, so that no other thread has to
    protected void doPublish(ExtLogRecord logged) {
        // What belongs to the thread that logs is read here.
        logged.disableCallerCalculation();
        logged.copyMdc();
        logged.getFormattedMessage();
        if (!waiting.offer(() -> write(logged))) {
            dropped.incrementAndGet();
        }
    }

    private void work() {
        while (true) {
            try {
                waiting.take().run();
                long lost = dropped.getAndSet(0);
                if (lost > 0) {
                    write(new ExtLogRecord(
                            Level.WARNING,
                            lost + " log records were dropped, since nobody read the log",
                            BoundedLog.class.getName()));
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) {
                // One record that can't be written must not end the log.
                dropped.incrementAndGet();
            }
        }
    }

    private void write(ExtLogRecord logged) {
        for (Handler writer : writers) {
            writer.publish(logged);
        }
    }

    /** Waits until all that was logged before is written; gives false if it is not within that time. */
    boolean written(Duration longest) throws InterruptedException {
        CountDownLatch reached = new CountDownLatch(1);
        long end = System.nanoTime() + longest.toNanos();
        return waiting.offer(reached::countDown, longest.toNanos(), TimeUnit.NANOSECONDS)
                && reached.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
}
