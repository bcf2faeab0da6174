package io.mcpagent.door;

import io.mcpagent.base.Timers;
import io.mcpagent.turn.TurnEvent;
import io.mcpagent.turn.TurnListener;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Server-sent events of one turn. Events gather until {@link #flush}, so that what arrives together leaves together. When nothing was sent
 * for {@value #HEARTBEAT_SECONDS} seconds {@link EventFormat#silence} goes out, so that no load balancer takes the connection for dead.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
final class EventStream implements TurnListener, AutoCloseable {

    static final int HEARTBEAT_SECONDS = 15;

    private final EventFormat format;
    private final JsonEvents gathered;
    private final OutputStream out;
    private final ReentrantLock writing = new ReentrantLock();
    private final Timers.Timer heartbeat;
    private volatile long lastSent = System.nanoTime();
    private boolean begun;
    private boolean ended;

    EventStream(EventFormat format, JsonEvents gathered, OutputStream out, Timers timers) {
        this.format = format;
        this.gathered = gathered;
        this.out = out;
        // Looks more often than it beats: silence is counted from the last event, not from the last look.
        this.heartbeat = timers.every(Duration.ofSeconds(5), this::beat);
    }

    @Override
    public void on(TurnEvent event) {
        format.write(event, gathered);
    }

    /** Gives an answer once more. */
    void replay(ChatReply reply) {
        format.replay(reply, gathered);
    }

    /** Whether anything was sent. If not, nothing will be until the next {@link #flush}, and the response can still be another one. */
    boolean begun() {
        heartbeat.cancel();
        // Does not wait for a comment that is on its way: it may be stuck at its client.
        if (!writing.tryLock()) {
            return true;
        }
        try {
            ended = !begun;
            return begun;
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void flush() {
        if (!gathered.isEmpty()) {
            lock();
            try {
                begun = true;
                gathered.moveTo(out);
                out.flush();
                lastSent = System.nanoTime();
            } catch (IOException e) {
                // The client has left: its run is being cancelled, and this ends it here.
                throw new UncheckedIOException(e);
            } finally {
                writing.unlock();
            }
        }
    }

    /** A comment may block at a client that does not read. The end of the turn must still get through to the next writer. */
    private void lock() {
        try {
            writing.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(
                    new InterruptedIOException("the turn was stopped while its client did not read"));
        }
    }

    private void beat() {
        if (System.nanoTime() - lastSent >= TimeUnit.SECONDS.toNanos(HEARTBEAT_SECONDS)) {
            // A client that reads slowly blocks only a virtual thread of its own.
            Thread.startVirtualThread(this::comment);
        }
    }

    private void comment() {
        if (!writing.tryLock()) {
            return;
        }
        try {
            if (ended) {
                return;
            }
            begun = true;
            out.write(format.silence().getBytes(StandardCharsets.UTF_8));
            out.flush();
            lastSent = System.nanoTime();
        } catch (IOException e) {
            heartbeat.cancel();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void close() {
        heartbeat.cancel();
        // Waits for a comment that is on its way: nothing may be written once the response has ended.
        writing.lock();
        try {
            ended = true;
        } finally {
            writing.unlock();
        }
    }
}
