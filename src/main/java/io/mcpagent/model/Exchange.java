package io.mcpagent.model;

import io.mcpagent.base.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hc.client5.http.io.ConnectionEndpoint;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;

/**
 * One request on one connection. Unless {@link #keep} is called, {@link #close} resets the connection: what a service still sends for a reply
 * that nobody wants is never read to its end. For use by one thread, but for what the {@link Watch} calls.
 */
final class Exchange implements BedrockConnection.ReadGuard, Watch.Watched, AutoCloseable {

    private static final BeforeBlocking NOTHING = () -> {};
    private static final long NOT_READING = 0;

    private final HttpClientConnectionManager connections;
    private final ConnectionEndpoint endpoint;
    private final HttpRequestExecutor executor;
    private final Deadline deadline;
    private final long idleNanos;
    private volatile long readingSince = NOT_READING;
    private volatile boolean overdue;
    private int longestReadMillis;
    private final ReentrantLock ending = new ReentrantLock();
    private Watch.Looks looks;
    private BeforeBlocking beforeBlocking = NOTHING;
    private boolean reused = true;
    private boolean open = true;
    private boolean reusable;
    private ClassicHttpResponse response;

    /** What is done before this thread may block for more bytes. */
    @FunctionalInterface
    interface BeforeBlocking {
        void run() throws IOException;
    }

    Exchange(
            HttpClientConnectionManager connections,
            ConnectionEndpoint endpoint,
            HttpRequestExecutor executor,
            Duration idleTimeout,
            Deadline deadline) {
        this.connections = connections;
        this.endpoint = endpoint;
        this.executor = executor;
        this.deadline = deadline;
        this.idleNanos = idleTimeout.toNanos();
    }

    /** The connection was made for this request. */
    void fresh() {
        reused = false;
    }

    void send(ClassicHttpRequest request, Watch watch, HttpContext context) throws IOException, HttpException {
        looks = watch.over(this);
        try {
            response = endpoint.execute("", request, this::execute, context);
        } catch (IOException e) {
            IOException failure = failed(e);
            throw reused && !(failure instanceof SocketTimeoutException)
                    ? new StaleConnectionException(failure)
                    : failure;
        }
    }

    private ClassicHttpResponse execute(
            ClassicHttpRequest request, HttpClientConnection connection, HttpContext context)
            throws IOException, HttpException {
        ((BedrockConnection) connection).guard(this);
        ClassicHttpResponse answer = executor.execute(request, connection, context);
        reusable = executor.keepAlive(request, answer, connection, context);
        return answer;
    }

    @Override
    public int beforeRead() throws IOException {
        beforeBlocking.run();
        if (deadline.passed()) {
            throw new SocketTimeoutException("the deadline has passed");
        }
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
        SocketTimeoutException late = new SocketTimeoutException(
                deadline.passed() ? "the deadline has passed" : "the service was silent for too long");
        late.initCause(failure);
        return late;
    }

    @Override
    public long left() {
        long now = System.nanoTime();
        long since = readingSince;
        return Math.min(deadline.atNanos() - now, since == NOT_READING ? idleNanos : since + idleNanos - now);
    }

    /** Makes the thread that waits for the service fail. */
    @Override
    public void cut() {
        ending.lock();
        try {
            // Once it has ended, the connection may be somebody else's.
            if (open) {
                overdue = true;
                endpoint.close(CloseMode.IMMEDIATE);
            }
        } finally {
            ending.unlock();
        }
    }

    int status() {
        return response.getCode();
    }

    /** The first header of that name; null if there is none. */
    String header(String name) {
        Header header = response.getFirstHeader(name);
        return header == null ? null : header.getValue();
    }

    /** The length of the body in bytes; negative if it is not known. */
    long bodyLength() {
        return response.getEntity() == null ? 0 : response.getEntity().getContentLength();
    }

    InputStream body() throws IOException {
        return response.getEntity() == null
                ? InputStream.nullInputStream()
                : response.getEntity().getContent();
    }

    /** Sets what is to be done whenever all that arrived was read and this thread may block for more. */
    void beforeBlocking(BeforeBlocking action) {
        beforeBlocking = action;
    }

    /** From now on each read may wait for this long only. */
    void longestRead(Duration timeout) {
        longestReadMillis = (int) timeout.toMillis();
    }

    /** Gives the connection back to the pool. Its body must have been read to the end. */
    void keep() {
        if (end()) {
            if (!reusable) {
                endpoint.close(CloseMode.IMMEDIATE);
            }
            connections.release(endpoint, null, BedrockHttp.KEEP_ALIVE);
        }
    }

    /** Resets the connection. */
    void abort() {
        if (end()) {
            endpoint.close(CloseMode.IMMEDIATE);
            connections.release(endpoint, null, TimeValue.ZERO_MILLISECONDS);
        }
    }

    /** Whether this call ended it. */
    private boolean end() {
        ending.lock();
        try {
            if (!open) {
                return false;
            }
            open = false;
        } finally {
            ending.unlock();
        }
        if (looks != null) {
            looks.close();
        }
        return true;
    }

    @Override
    public void close() {
        abort();
    }

    /** A pooled connection was closed by the service before it answered; a fresh one may do. */
    static final class StaleConnectionException extends IOException {
        StaleConnectionException(IOException cause) {
            super(cause);
        }
    }
}
