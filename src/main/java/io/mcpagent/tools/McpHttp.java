package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Tls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * HTTP/1.1 to one tool server, blocking, each exchange bounded as a whole. Nothing is ever repeated here. A connection goes back to the pool
 * only when its answer was read to the end; an interrupt or a failure closes it, which is what makes the server cancel the SQL.
 */
final class McpHttp implements AutoCloseable {

    /** Reads an answer; the exchange ends when it returns. */
    @FunctionalInterface
    interface Reader<T> {
        T read(ClassicHttpResponse response) throws IOException, McpException, InterruptedException;
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

    // A check costs up to a millisecond on a healthy connection, so busy ones are spared it.
    private static final TimeValue CHECK_AFTER_IDLE = TimeValue.ofSeconds(2);
    private static final int MAX_REST = 1_024;
    private static final TimeValue MAX_AGE = TimeValue.ofMinutes(5);

    private final HttpHost target;
    private final PoolingHttpClientConnectionManager pool;
    private final CloseableHttpClient pooled;
    private final CloseableHttpClient fresh;
    private final CloseableHttpClient proven;
    private final ScheduledThreadPoolExecutor alarms;

    McpHttp(URI url, Duration connectTimeout, int maxConnections) {
        this.target = HttpHost.create(url);
        this.pool = connections(connectTimeout, maxConnections);
        this.pooled = client(pool).build();
        // Its connections are never used twice, so none of them can have died while it lay in a pool.
        PoolingHttpClientConnectionManager once = connections(connectTimeout, maxConnections);
        this.fresh = client(once)
                .setConnectionReuseStrategy((request, response, context) -> false)
                .build();
        this.proven = client(once)
                .setConnectionReuseStrategy((request, response, context) -> false)
                .setConnectionManagerShared(true)
                .setRequestExecutor(new ProvingExecutor())
                .build();
        this.alarms = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("mcp-deadlines").factory());
        alarms.setRemoveOnCancelPolicy(true);
    }

    private static PoolingHttpClientConnectionManager connections(Duration connectTimeout, int maxConnections) {
        return PoolingHttpClientConnectionManagerBuilder.create()
                .setTlsSocketStrategy(new Tls())
                .setMaxConnTotal(maxConnections)
                .setMaxConnPerRoute(maxConnections)
                .setConnPoolPolicy(PoolReusePolicy.LIFO)
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(Timeout.of(connectTimeout))
                        .setValidateAfterInactivity(CHECK_AFTER_IDLE)
                        .setTimeToLive(MAX_AGE)
                        .build())
                .build();
    }

    private static HttpClientBuilder client(PoolingHttpClientConnectionManager connections) {
        return HttpClients.custom()
                .setConnectionManager(connections)
                .setUserAgent("mcp-agent")
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableCookieManagement()
                // Even without cookies the default would read the list of all public suffixes.
                .setDefaultCookieSpecRegistry(name -> null)
                .disableAuthCaching()
                .disableContentCompression();
    }

    /** Sends JSON and has the answer read. */
    <T> T post(URI uri, List<Header> headers, byte[] json, Over over, Deadline deadline, Reader<T> reader)
            throws McpException, InterruptedException {
        HttpPost request = new HttpPost(uri);
        Body body = new Body(json);
        request.setEntity(body);
        headers.forEach(request::addHeader);
        return exchange(
                request,
                body,
                switch (over) {
                    case POOLED -> pooled;
                    case FRESH -> fresh;
                    case PROVEN -> proven;
                },
                deadline,
                reader);
    }

    /** Opens a stream on a connection of its own; {@code deadline} covers all that {@code reader} does. */
    <T> T get(URI uri, List<Header> headers, Deadline deadline, Reader<T> reader)
            throws McpException, InterruptedException {
        HttpGet request = new HttpGet(uri);
        headers.forEach(request::addHeader);
        return exchange(request, null, fresh, deadline, reader);
    }

    private <T> T exchange(
            HttpUriRequestBase request, Body body, CloseableHttpClient client, Deadline deadline, Reader<T> reader)
            throws McpException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        HttpClientContext context = HttpClientContext.create();
        Alarm alarm = new Alarm(request);
        ScheduledFuture<?> scheduled = set(alarm, deadline);
        boolean whole = false;
        try {
            ClassicHttpResponse response = client.executeOpen(target, request, context);
            T answer = reader.read(response);
            whole = isAtEnd(response.getEntity());
            return answer;
        } catch (IOException | IllegalStateException e) {
            // The client reports an aborted lease as an illegal state.
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw failure(e, body, alarm, context);
        } finally {
            scheduled.cancel(false);
            if (!whole) {
                request.cancel();
            }
        }
    }

    private ScheduledFuture<?> set(Alarm alarm, Deadline deadline) throws McpException {
        try {
            return alarms.schedule(alarm, deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            throw new McpException(McpException.Kind.NOT_SENT, "closed", e);
        }
    }

    /** Reads what little may follow an answer, such as a line end; more than that is not worth the wait. */
    private static boolean isAtEnd(HttpEntity entity) throws IOException {
        if (entity == null) {
            return true;
        }
        if (entity.getContentType() != null && entity.getContentType().startsWith("text/event-stream")) {
            return false;
        }
        InputStream rest = entity.getContent();
        for (int i = 0; i < MAX_REST; i++) {
            if (rest.read() < 0) {
                return true;
            }
        }
        return false;
    }

    private McpException failure(Exception e, Body body, Alarm alarm, HttpClientContext context) {
        if (body == null || !body.begun) {
            return new McpException(McpException.Kind.NOT_SENT, e.getMessage(), e);
        }
        if (alarm.rang) {
            return new McpException(McpException.Kind.TIMEOUT, "no answer in time", e);
        }
        EndpointDetails connection = context.getEndpointDetails();
        if (connection != null && connection.getResponseCount() > 0) {
            // It had worked before: what killed it has probably killed its neighbours in the pool too.
            pool.closeIdle(TimeValue.ZERO_MILLISECONDS);
        }
        // Its message may quote what the server sent.
        return new McpException(McpException.Kind.LOST, e.getClass().getSimpleName(), e);
    }

    /** Connections that are in use or kept for the next use. */
    int openConnections() {
        return pool.getTotalStats().getLeased() + pool.getTotalStats().getAvailable();
    }

    @Override
    public void close() {
        alarms.shutdownNow();
        pooled.close(CloseMode.IMMEDIATE);
        proven.close(CloseMode.IMMEDIATE);
        fresh.close(CloseMode.IMMEDIATE);
    }

    /** Closes a request whose time is over; a socket timeout would only bound each single read. */
    private static final class Alarm implements Runnable {
        private final HttpUriRequestBase request;
        private volatile boolean rang;

        Alarm(HttpUriRequestBase request) {
            this.request = request;
        }

        @Override
        public void run() {
            rang = true;
            request.cancel();
        }
    }

    /** Knows whether a byte of it was sent: before that the server can't have done anything. */
    private static final class Body extends AbstractHttpEntity {
        private final byte[] json;
        private volatile boolean begun;

        Body(byte[] json) {
            super(ContentType.APPLICATION_JSON, null);
            this.json = json;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            begun = true;
            out.write(json);
        }

        @Override
        public InputStream getContent() {
            return new ByteArrayInputStream(json);
        }

        @Override
        public long getContentLength() {
            return json.length;
        }

        @Override
        public boolean isStreaming() {
            return false;
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
