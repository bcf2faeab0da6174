package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.http.HttpConnections;
import io.mcpagent.http.HttpExchange;
import io.mcpagent.http.Route;
import io.mcpagent.tools.McpException.FailureKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;

/**
 * HTTP/1.1 to one tool server, blocking, each exchange bounded as a whole. Nothing is ever repeated here. A connection goes back to the pool
 * only when its answer was read to the end; an interrupt or a failure closes it, which is what makes the server cancel the SQL. Safe for use by many
 * threads.
 */
final class McpHttp implements AutoCloseable {

    /** Reads an answer; the exchange ends when it returns. */
    @FunctionalInterface
    interface AnswerReader<T> {
        T read(HttpExchange exchange) throws IOException, McpException, InterruptedException;
    }

    /** Reads a stream; the exchange ends when it returns. */
    @FunctionalInterface
    interface StreamReader {
        void read(HttpExchange exchange) throws IOException, McpException, InterruptedException;
    }

    /** Which network connection a request goes over. */
    enum Over {
        /** One from the pool, which may have died there without our knowing, or a new one. */
        POOLED,
        /** A new one. */
        FRESH,
        /** A new one that has answered a ping: if it leads nowhere, the request was not sent. */
        PROVEN
    }

    private static final String SETTING = "agent.tools.max-connections";
    // A check costs up to a millisecond on a healthy connection, so busy ones are spared it.
    private static final Duration CHECK_AFTER = Duration.ofSeconds(2);
    private static final int MAX_REST = 1_024;
    private static final byte[] PING = McpMessages.ping("proof");

    private final Route route;
    private final String host;
    private final HttpConnections pooled;
    // Its connections are never used twice, so none of them can have died while it lay in a pool.
    private final HttpConnections once;
    // A server that closes each connection after one answer can't prove one; the request is then tried again without.
    private volatile boolean oneAnswerOnly;

    McpHttp(URI url, Duration connectTimeout, int maxConnections, Timers timers) {
        this.route = Route.straightTo(url);
        this.host = url.getPort() < 0 ? url.getHost() : url.getHost() + ":" + url.getPort();
        this.pooled = new HttpConnections(SETTING, maxConnections, connectTimeout, CHECK_AFTER, timers);
        this.once = new HttpConnections(SETTING, maxConnections, connectTimeout, CHECK_AFTER, timers);
    }

    /** Sends JSON and has the answer read. */
    <T> T post(URI uri, List<Header> headers, byte[] json, Over over, Deadline deadline, AnswerReader<T> reader)
            throws McpException, InterruptedException {
        return post(uri, headers, List.of(), json, over, deadline, reader);
    }

    /**
     * Sends JSON and has the answer read.
     *
     * @param own headers of this request alone, beside those of any
     */
    <T> T post(
            URI uri,
            List<Header> headers,
            List<Header> own,
            byte[] json,
            Over over,
            Deadline deadline,
            AnswerReader<T> reader)
            throws McpException, InterruptedException {
        HttpConnections connections = over == Over.POOLED ? pooled : once;
        try (HttpExchange exchange = connections.exchange(route, HttpConnections.ANY_SILENCE, deadline)) {
            if (over == Over.PROVEN && !oneAnswerOnly) {
                prove(exchange, uri, headers);
            }
            try {
                ClassicHttpRequest request = post(uri, headers, json.length);
                own.forEach(request::addHeader);
                exchange.send(request, json, json.length);
                T answer = reader.read(exchange);
                if (over == Over.POOLED && isAtEnd(exchange)) {
                    exchange.keep();
                }
                return answer;
            } catch (IOException e) {
                interruptible();
                throw failure(e, exchange);
            }
        }
    }

    /**
     * Sends JSON that has no answer but a status.
     *
     * @return the status
     */
    int tell(URI uri, List<Header> headers, byte[] json, Over over, Deadline deadline)
            throws McpException, InterruptedException {
        return post(uri, headers, json, over, deadline, HttpExchange::status);
    }

    /**
     * Makes sure that a new connection leads to the server. Many balancers accept a connection before they know whether there is a server behind them;
     * a request that is lost then may or may not have been carried out, a lost ping is none at all. Whatever the answer is, it proves the connection.
     *
     * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping">Ping</a>
     */
    private void prove(HttpExchange exchange, URI uri, List<Header> headers) throws McpException, InterruptedException {
        try {
            exchange.send(post(uri, headers, PING.length), PING, PING.length);
            exchange.body().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            interruptible();
            throw new McpException(FailureKind.NOT_SENT, e.getMessage(), e);
        }
        if (!exchange.reusable()) {
            oneAnswerOnly = true;
            throw new McpException(FailureKind.NOT_SENT, "the server closes each connection after one answer");
        }
    }

    /** Opens a stream on a connection of its own; {@code deadline} covers all that {@code reader} does. */
    void get(URI uri, Header accept, Deadline deadline, StreamReader reader) throws McpException, InterruptedException {
        try (HttpExchange exchange = once.exchange(route, HttpConnections.ANY_SILENCE, deadline)) {
            ClassicHttpRequest request = request("GET", uri);
            request.addHeader(accept);
            exchange.send(request);
            reader.read(exchange);
        } catch (IOException e) {
            interruptible();
            throw new McpException(FailureKind.NOT_SENT, e.getMessage(), e);
        }
    }

    private ClassicHttpRequest post(URI uri, List<Header> headers, int size) {
        ClassicHttpRequest request = request("POST", uri);
        headers.forEach(request::addHeader);
        request.addHeader("Content-Type", "application/json");
        request.addHeader("Content-Length", size);
        return request;
    }

    private ClassicHttpRequest request(String method, URI uri) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        ClassicHttpRequest request =
                new BasicClassicHttpRequest(method, uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery());
        request.addHeader("Host", host);
        request.addHeader("User-Agent", "mcp-agent");
        return request;
    }

    /** An interrupt closes the socket under its reader, so it shows as an I/O error first. */
    private static void interruptible() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /** Reads what little may follow an answer, such as a line end; more than that is not worth the wait. */
    private static boolean isAtEnd(HttpExchange exchange) throws IOException {
        String type = exchange.header("Content-Type");
        if (type != null && type.startsWith("text/event-stream")) {
            return false;
        }
        InputStream rest = exchange.body();
        for (int i = 0; i < MAX_REST; i++) {
            if (rest.read() < 0) {
                return true;
            }
        }
        return false;
    }

    private McpException failure(IOException e, HttpExchange exchange) {
        if (!exchange.sent()) {
            return new McpException(FailureKind.NOT_SENT, e.getMessage(), e);
        }
        if (exchange.overdue()) {
            return new McpException(FailureKind.TIMEOUT, "no answer in time", e);
        }
        if (exchange.reused()) {
            pooled.closeIdle();
        }
        // Its message may quote what the server sent.
        return new McpException(FailureKind.LOST, e.getClass().getSimpleName(), e);
    }

    /** Connections that are in use or kept for the next use. */
    int openConnections() {
        return pooled.leased() + pooled.idle();
    }

    @Override
    public void close() {
        pooled.close();
        once.close();
    }
}
