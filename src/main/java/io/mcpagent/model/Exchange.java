package io.mcpagent.model;

import io.mcpagent.system.Deadline;
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

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * One request on one connection. Unless {@link #keep} is called, {@link #close} resets the connection: what a service still sends for a reply
 * that nobody wants is never read to its end. For use by one thread,
 * but for {@link #cut}.
 */
final class Exchange implements AutoCloseable {

    private static final BeforeBlocking NOTHING = () -> { };

    private final HttpClientConnectionManager connections;
    private final ConnectionEndpoint endpoint;
    private final HttpRequestExecutor executor;
    private final Deadline deadline;
    private long idleNanos;
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

    Exchange(HttpClientConnectionManager connections, ConnectionEndpoint endpoint, HttpRequestExecutor executor, Duration idleTimeout,
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

    void send(ClassicHttpRequest request, HttpContext context) throws IOException, HttpException {
        try {
            response = endpoint.execute("", request, this::execute, context);
        } catch (IOException e) {
            throw reused && !(e instanceof SocketTimeoutException) ? new StaleConnectionException(e) : e;
        }
    }

    private ClassicHttpResponse execute(ClassicHttpRequest request, HttpClientConnection connection, HttpContext context)
            throws IOException, HttpException {
        ((BedrockConnection) connection).guard(this::beforeRead);
        ClassicHttpResponse answer = executor.execute(request, connection, context);
        reusable = executor.keepAlive(request, answer, connection, context);
        return answer;
    }

    private int beforeRead() throws IOException {
        beforeBlocking.run();
        long left = Math.min(idleNanos, deadline.atNanos() - System.nanoTime());
        if (left <= 0) {
            throw new SocketTimeoutException("the deadline has passed");
        }
        return (int) Math.clamp(left / 1_000_000, 1, Integer.MAX_VALUE);
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
        return response.getEntity() == null ? InputStream.nullInputStream() : response.getEntity().getContent();
    }

    /** Sets what is to be done whenever all that arrived was read and this thread may block for more. */
    void beforeBlocking(BeforeBlocking action) {
        beforeBlocking = action;
    }

    /** From now on the service may be silent for this long only. */
    void idleTimeout(Duration timeout) {
        idleNanos = timeout.toNanos();
    }

    /** Gives the connection back to the pool. Its body must have been read to the end. */
    void keep() {
        if (open) {
            open = false;
            if (!reusable) {
                endpoint.close(CloseMode.IMMEDIATE);
            }
            connections.release(endpoint, null, BedrockHttp.KEEP_ALIVE);
        }
    }

    /** Makes the thread that sends fail. The only method for another thread. */
    void cut() {
        endpoint.close(CloseMode.IMMEDIATE);
    }

    /** Resets the connection. */
    void abort() {
        if (open) {
            open = false;
            endpoint.close(CloseMode.IMMEDIATE);
            connections.release(endpoint, null, TimeValue.ZERO_MILLISECONDS);
        }
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
