package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the list of tools. A fresh list is served as it is; an old one too, while one refresh runs behind it, so that no turn waits. After a
 * call has failed the list is in doubt: the next reader waits until it was asked for again, so that the answer can say that there are no
 * tools. While the server does not answer there are no tools, nobody waits, and a probe asks every second until it is back. Safe for use by
 * many threads.
 */
final class ToolListCache implements AutoCloseable {

    /** Asks the server; runs on a thread of the cache, so that no caller's interrupt can break it off for the others. */
    @FunctionalInterface
    interface Source {
        ToolListing list() throws McpException, InterruptedException;
    }

    private static final Logger LOG = Logger.getLogger(ToolListCache.class);
    private static final Duration PROBE = Duration.ofSeconds(1);

    private final Source source;
    private final Duration ttl;
    // Not the object's monitor: see Breaker.
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable ToolListing last;
    private Deadline freshUntil = Deadline.in(Duration.ZERO);
    private @Nullable CompletableFuture<ToolListing> refresh;
    private int doubts;
    private int doubtsSettled;
    private volatile boolean down;
    private boolean closed;
    private @Nullable Thread probe;
    private volatile Runnable onRecovery = () -> {};

    ToolListCache(Source source, Duration ttl) {
        this.source = source;
        this.ttl = ttl;
    }

    /** What runs when the server answers again after it did not. */
    void onRecovery(Runnable action) {
        onRecovery = action;
    }

    /** The list, or null if the server does not answer. */
    @Nullable
    ToolListing get(Deadline deadline) throws InterruptedException {
        CompletableFuture<ToolListing> awaited;
        lock.lock();
        try {
            ToolListing known = last;
            if (down) {
                return null;
            }
            if (known != null && doubts == doubtsSettled) {
                if (freshUntil.passed()) {
                    refresh();
                }
                return known;
            }
            awaited = refreshed();
        } finally {
            lock.unlock();
        }
        return await(awaited, deadline);
    }

    private static @Nullable ToolListing await(CompletableFuture<ToolListing> awaited, Deadline deadline)
            throws InterruptedException {
        try {
            return awaited.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return null;
        }
    }

    /** The list as the server has it after this was called; null if it does not answer. */
    @Nullable
    ToolListing current(Deadline deadline) throws InterruptedException {
        CompletableFuture<ToolListing> earlier;
        lock.lock();
        try {
            earlier = refresh;
        } finally {
            lock.unlock();
        }
        if (earlier != null) {
            // The server may have answered that one before.
            await(earlier, deadline);
        }
        return await(refreshed(), deadline);
    }

    /** The list that was there last, whatever became of the server; null if there never was one. */
    @Nullable
    ToolListing last() {
        lock.lock();
        try {
            return last;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the server did not answer when it was asked for its list last. */
    boolean isDown() {
        return down;
    }

    /** A call has failed, so the server may be gone. */
    void doubt() {
        lock.lock();
        try {
            doubts++;
            refresh();
        } finally {
            lock.unlock();
        }
    }

    /** Has the list asked for, unless that is being done already. Does not wait. */
    void refresh() {
        // The cache itself sees to what comes of it; there is nobody else to tell.
        CompletableFuture<ToolListing> _ = refreshed();
    }

    private CompletableFuture<ToolListing> refreshed() {
        lock.lock();
        try {
            if (closed) {
                return CompletableFuture.failedFuture(new IllegalStateException("closed"));
            }
            CompletableFuture<ToolListing> running = refresh;
            if (running != null) {
                return running;
            }
            CompletableFuture<ToolListing> started = new CompletableFuture<>();
            int doubtsNow = doubts;
            refresh = started;
            Thread.ofVirtual().name("tool-list").start(() -> ask(started, doubtsNow));
            return started;
        } finally {
            lock.unlock();
        }
    }

    private void ask(CompletableFuture<ToolListing> started, int doubtsThen) {
        try {
            ToolListing listing = source.list();
            if (isDown()) {
                LOG.info("The tool server answers again");
                // Before anybody gets the list: its reader may call at once.
                onRecovery.run();
            }
            listed(listing, doubtsThen);
            started.complete(listing);
        } catch (Throwable e) {
            // Even an error must neither leave others waiting nor end the list for good.
            failed(e instanceof McpException ? String.valueOf(e.getMessage()) : e.toString());
            started.completeExceptionally(e);
        }
    }

    private void listed(ToolListing listing, int doubtsThen) {
        lock.lock();
        try {
            last = listing;
            freshUntil = Deadline.in(listing.ttl().compareTo(ttl) < 0 ? listing.ttl() : ttl);
            // A call that failed while the server was being asked may know something newer.
            doubtsSettled = doubtsThen;
            down = false;
            refresh = null;
        } finally {
            lock.unlock();
        }
    }

    private void failed(String reason) {
        lock.lock();
        try {
            refresh = null;
            doubts++;
            if (closed) {
                return;
            }
            if (!down) {
                LOG.warnf("No tools: the tool server does not answer: %s", reason);
                down = true;
            }
            if (probe == null) {
                probe = Thread.ofVirtual().name("tool-probe").start(this::probe);
            }
        } finally {
            lock.unlock();
        }
    }

    private void probe() {
        while (stillDown()) {
            try {
                Thread.sleep(PROBE);
                refreshed().get();
            } catch (ExecutionException e) {
                LOG.debug("The tool server still does not answer");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Throwable e) {
                LOG.error("The tool server could not be asked whether it is back", e);
            }
        }
    }

    private boolean stillDown() {
        lock.lock();
        try {
            if (!down || closed) {
                probe = null;
                return false;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (probe != null) {
                probe.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }
}
