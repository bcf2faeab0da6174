package io.mcpagent.http;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hc.client5.http.io.ConnectionEndpoint;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.jspecify.annotations.Nullable;

/**
 * One connection for as long as its owner needs it. The thread that uses it blocks; its interrupt, if it is a virtual thread, closes the socket
 * under it, which shows as an I/O error. What was sent and heard can still be asked then.
 *
 * <p>Silence and the end are watched by one timer, which looks again when the time runs out that was left at its last look. A socket could bound its
 * own reads, but not its writes, and each read that waits would wake the timer of the virtual threads once more; a stream has hundreds of them.
 *
 * <p>For one thread.
 */
public final class HttpExchange implements AutoCloseable {

    /**
     * How long after a run's deadline an exchange is cut. Only the run decides what it means that its deadline has passed, and interrupts its thread.
     * This cut is for threads that no run interrupts; since all timers are one clock's, it never comes first.
     */
    private static final Duration AFTER_RUN = Duration.ofSeconds(1);

    private static final long NOT_READING = 0;

    private final HttpConnections connections;
    private final Route route;
    private volatile long silenceNanos;
    private final Deadline end;
    private final WatchedConnection.ReadGuard reads = new Reads();
    private final ReentrantLock ending = new ReentrantLock();
    private volatile long readingSince = NOT_READING;
    private volatile boolean overdue;
    private volatile boolean open = true;
    private volatile Timers.@Nullable Timer timer;
    private @Nullable ConnectionEndpoint endpoint;
    private @Nullable ClassicHttpResponse response;
    private Runnable beforeBlocking = () -> {};
    private int longestReadMillis;
    private boolean sent;
    private boolean reused;
    private boolean reusable;

    HttpExchange(HttpConnections connections, Route route, Duration silence, Deadline end) {
        this.connections = connections;
        this.route = route;
        this.silenceNanos = silence.toNanos();
        this.end = end;
    }

    /** The end of an exchange that belongs to a run with that deadline: so much later that the run is always the first to act. */
    public static Deadline endAfter(Deadline run) {
        return new Deadline(run.atNanos() + AFTER_RUN.toNanos(), run.asker());
    }

    /**
     * Sends a request and waits for the head of its response. The answer to the one before, if there was one, must have been read to its end.
     *
     * @param head the request line and all headers, also those about the body
     * @param body an array with the body in its first {@code size} bytes
     * @throws SocketTimeoutException if the server was silent for too long, or the end has come
     * @throws InterruptedException   if the calling thread was interrupted before anything was sent, or while it waited for a connection
     */
    public void send(ClassicHttpRequest head, byte[] body, int size) throws IOException, InterruptedException {
        head.setEntity(new Body(body, size));
        send(head);
    }

    /** Sends a request without a body. */
    public void send(ClassicHttpRequest head) throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        sent = false;
        response = null;
        HttpClientContext context = HttpClientContext.create();
        try {
            response = connected(context).execute("", head, this::execute, context);
        } catch (HttpException | IllegalStateException e) {
            // The latter is what closed connections say.
            throw reads.failed(new IOException(e));
        } catch (IOException e) {
            throw reads.failed(e);
        }
    }

    private ConnectionEndpoint connected(HttpContext context) throws IOException, HttpException, InterruptedException {
        if (endpoint != null) {
            reused = true;
            return endpoint;
        }
        ConnectionEndpoint leased = connections.lease(route, end);
        endpoint = leased;
        watch();
        reused = leased.isConnected();
        if (!reused) {
            connections.connect(route, leased, end, context);
        }
        if (overdue) {
            throw new IOException("cut before it was connected");
        }
        return leased;
    }

    private ClassicHttpResponse execute(
            ClassicHttpRequest request, HttpClientConnection connection, HttpContext context)
            throws IOException, HttpException {
        ((WatchedConnection) connection).guard(reads);
        // A request without a body is whole with its head.
        sent = request.getEntity() == null;
        ClassicHttpResponse answer = connections.executor().execute(request, connection, context);
        reusable = connections.executor().keepAlive(request, answer, connection, context);
        return answer;
    }

    /**
     * Whether the server may have got the last request whole, and so may have acted on it. Some of the head may have left this process though it is
     * false.
     */
    public boolean sent() {
        return sent;
    }

    /** Whether the head of the response has arrived. */
    public boolean answered() {
        return response != null;
    }

    /** Whether the connection had served another request before: then the server may have closed it meanwhile. */
    public boolean reused() {
        return reused;
    }

    /** Whether the exchange was cut since the server was silent for too long, or the end has come. */
    public boolean overdue() {
        return overdue;
    }

    /** Whether the server leaves the connection open for another request, once the answer was read to its end. */
    public boolean reusable() {
        return reusable;
    }

    /** The status of the response. */
    public int status() {
        return response().getCode();
    }

    /** The first header of that name; null if there is none. */
    public @Nullable String header(String name) {
        Header header = response().getFirstHeader(name);
        return header == null ? null : header.getValue();
    }

    /** The length of the body in bytes; negative if it is not known. */
    public long bodyLength() {
        HttpEntity entity = response().getEntity();
        return entity == null ? 0 : entity.getContentLength();
    }

    /** The body; empty if there is none. Closing it may mean to read all the rest: close the exchange instead. */
    public InputStream body() throws IOException {
        HttpEntity entity = response().getEntity();
        return entity == null ? InputStream.nullInputStream() : entity.getContent();
    }

    private ClassicHttpResponse response() {
        if (response == null) {
            throw new IllegalStateException("there is no response yet");
        }
        return response;
    }

    /** Sets what is to be done whenever all that arrived was read and the thread may block for more. */
    public void beforeBlocking(Runnable action) {
        beforeBlocking = action;
    }

    /** From now on the server may be silent for this long. */
    public void silence(Duration silence) {
        long nanos = silence.toNanos();
        if (nanos != silenceNanos) {
            silenceNanos = nanos;
        }
    }

    /** From now on each read may wait for this long only. */
    public void longestRead(Duration timeout) {
        longestReadMillis = (int) timeout.toMillis();
    }

    /** Gives the connection back to the pool, if the server leaves it open. The body must have been read to the end. */
    public void keep() {
        ConnectionEndpoint held = end();
        if (held != null && reusable) {
            connections.keep(held);
        } else if (held != null) {
            connections.drop(held);
        }
    }

    /** Resets the connection, unless it was kept. */
    @Override
    public void close() {
        ConnectionEndpoint held = end();
        if (held != null) {
            connections.drop(held);
        }
    }

    /** Ends the exchange; the connection that this call has to see to, or null. */
    private @Nullable ConnectionEndpoint end() {
        ending.lock();
        try {
            if (!open) {
                return null;
            }
            open = false;
        } finally {
            ending.unlock();
        }
        cancelTimer();
        return endpoint;
    }

    /** Looks whether it takes too long, and when to look again. */
    private void watch() throws IOException {
        try {
            look();
        } catch (RejectedExecutionException e) {
            throw new IOException("closed", e);
        }
    }

    private void look() {
        long now = System.nanoTime();
        long since = readingSince;
        long silent = since == NOT_READING ? 0 : now - since;
        long left = Math.min(end.atNanos() - now, silenceNanos - silent);
        if (left <= 0) {
            cut();
            return;
        }
        timer = connections.timers().after(Duration.ofNanos(left), this::look);
        if (!open) {
            cancelTimer();
        }
    }

    private void cancelTimer() {
        Timers.Timer running = timer;
        if (running != null) {
            running.cancel();
        }
    }

    /** Makes the thread that waits for the server fail. */
    private void cut() {
        ending.lock();
        try {
            // Once it has ended, the connection may be somebody else's.
            if (open && endpoint != null) {
                overdue = true;
                endpoint.close(CloseMode.IMMEDIATE);
            }
        } finally {
            ending.unlock();
        }
    }

    private final class Reads implements WatchedConnection.ReadGuard {

        @Override
        public int beforeRead() {
            beforeBlocking.run();
            readingSince = System.nanoTime() | 1;
            return longestReadMillis;
        }

        @Override
        public void afterRead() {
            readingSince = NOT_READING;
        }

        @Override
        public IOException failed(IOException failure) {
            if (!overdue || failure instanceof SocketTimeoutException) {
                return failure;
            }
            SocketTimeoutException late =
                    new SocketTimeoutException(end.passed() ? "there was no time left" : "silent for too long");
            late.initCause(failure);
            return late;
        }
    }

    /** Tells when the first of it is sent: before that the server can't have done anything. */
    private final class Body extends HttpEntityWrapper {

        Body(byte[] bytes, int size) {
            super(new ByteArrayEntity(bytes, 0, size, null));
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            sent = true;
            super.writeTo(out);
        }
    }
}
