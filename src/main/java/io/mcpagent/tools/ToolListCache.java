package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Keeps the list of tools. A fresh list is served as it is; an old one too, while one refresh runs behind it, so that no turn waits. After a
 * call has failed the list is in doubt: whoever wants it next waits until it was asked for again, so that the answer can say that there are no
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
    private ToolListing last;
    private Deadline freshUntil;
    private CompletableFuture<ToolListing> refresh;
    private int doubts;
    private int doubtsSettled;
    private boolean down;
    private boolean closed;
    private Thread probe;
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
    ToolListing get(Deadline deadline) throws InterruptedException {
        CompletableFuture<ToolListing> awaited;
        synchronized (this) {
            if (down) {
                return null;
            }
            if (last != null && doubts == doubtsSettled) {
                if (freshUntil.passed()) {
                    refresh();
                }
                return last;
            }
            awaited = refresh();
        }
        try {
            return awaited.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return null;
        }
    }

    /** The list that was there last, whatever became of the server; null if there never was one. */
    synchronized ToolListing last() {
        return last;
    }

    /** Whether the server did not answer when it was asked for its list last. */
    synchronized boolean isDown() {
        return down;
    }

    /** A call has failed, so the server may be gone. */
    synchronized void doubt() {
        doubts++;
        refresh();
    }

    /** Asks for the list, unless that is being done already. */
    synchronized CompletableFuture<ToolListing> refresh() {
        if (closed) {
            return CompletableFuture.failedFuture(new IllegalStateException("closed"));
        }
        if (refresh == null) {
            CompletableFuture<ToolListing> started = new CompletableFuture<>();
            int doubtsNow = doubts;
            refresh = started;
            Thread.ofVirtual().name("tool-list").start(() -> ask(started, doubtsNow));
        }
        return refresh;
    }

    private void ask(CompletableFuture<ToolListing> started, int doubtsThen) {
        try {
            ToolListing listing = source.list();
            if (listed(listing, doubtsThen)) {
                LOG.info("The tool server answers again");
                onRecovery.run();
            }
            started.complete(listing);
        } catch (McpException e) {
            failed(e.getMessage());
            started.completeExceptionally(e);
        } catch (InterruptedException | RuntimeException e) {
            failed(e.toString());
            started.completeExceptionally(e);
        }
    }

    private synchronized boolean listed(ToolListing listing, int doubtsThen) {
        boolean recovered = down;
        last = listing;
        freshUntil = Deadline.in(ttl);
        // A call that failed while the server was being asked may know something newer.
        doubtsSettled = doubtsThen;
        down = false;
        refresh = null;
        return recovered;
    }

    private synchronized void failed(String reason) {
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
    }

    private void probe() {
        try {
            while (stillDown()) {
                Thread.sleep(PROBE);
                try {
                    refresh().get();
                } catch (ExecutionException e) {
                    LOG.debug("The tool server still does not answer");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean stillDown() {
        if (!down || closed) {
            probe = null;
            return false;
        }
        return true;
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (probe != null) {
            probe.interrupt();
        }
    }
}
