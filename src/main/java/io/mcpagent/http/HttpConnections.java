package io.mcpagent.http;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.ConnectionEndpoint;
import org.apache.hc.client5.http.io.LeaseRequest;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * The connections to one service: HttpClient's pool, TLS and HTTP/1.1, without its chain of interceptors, of which none is needed. Nothing is ever
 * sent twice here, no redirect followed, no cookie kept. Safe for use by many threads.
 */
public final class HttpConnections implements AutoCloseable {

    /** Shorter than the services' own idle times, so that a connection is seldom found closed. */
    private static final TimeValue KEEP_ALIVE = TimeValue.ofSeconds(50);

    /** For exchanges that only their end bounds. */
    public static final Duration ANY_SILENCE = Duration.ofDays(1);

    private static final Duration LOOK_FOR_IDLE = Duration.ofSeconds(10);
    private static final Http1Config HTTP1 = Http1Config.custom()
            .setMaxHeaderCount(100)
            .setMaxLineLength(16 << 10)
            .build();

    private final String setting;
    private final Duration connectTimeout;
    private final Timers timers;
    private final PoolingHttpClientConnectionManager pool;
    private final Timers.Timer eviction;
    private final HttpRequestExecutor executor = new HttpRequestExecutor(DefaultConnectionReuseStrategy.INSTANCE);

    /**
     * Makes no connection yet.
     *
     * @param setting        the name of the setting that limits them, for messages
     * @param most           how many there may be at once
     * @param connectTimeout how long each step of making one may take
     * @param checkAfter     after how much idle time one is looked at before it is used again, which costs up to a millisecond
     */
    public HttpConnections(String setting, int most, Duration connectTimeout, Duration checkAfter, Timers timers) {
        this.setting = setting;
        this.connectTimeout = connectTimeout;
        this.timers = timers;
        this.pool = PoolingHttpClientConnectionManagerBuilder.create()
                .setTlsSocketStrategy(new Tls())
                .setConnectionFactory(socket -> new WatchedConnection(HTTP1))
                .setConnPoolPolicy(PoolReusePolicy.LIFO)
                .setMaxConnTotal(most)
                .setMaxConnPerRoute(most)
                .setDefaultSocketConfig(SocketConfig.custom()
                        .setTcpNoDelay(true)
                        .setSoKeepAlive(true)
                        .build())
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setValidateAfterInactivity(TimeValue.of(checkAfter))
                        .build())
                .build();
        // Closing says goodbye over TLS, which may block.
        this.eviction = timers.every(
                LOOK_FOR_IDLE,
                () -> Thread.ofVirtual().name("idle-connections").start(() -> pool.closeIdle(KEEP_ALIVE)));
    }

    /**
     * An exchange, which takes its connection when it sends.
     *
     * @param silence how long the server may be silent at any time; {@link #ANY_SILENCE} if only the end counts
     * @param end     when it is cut, whatever the server does
     */
    public HttpExchange exchange(Route route, Duration silence, Deadline end) {
        return new HttpExchange(this, route, silence, end);
    }

    /** Connections that exchanges hold now. */
    public int leased() {
        return pool.getTotalStats().getLeased();
    }

    /** Connections that wait for exchanges. */
    public int idle() {
        return pool.getTotalStats().getAvailable();
    }

    /** Closes the connections that wait for exchanges: what killed one of them has probably killed the others, too. */
    public void closeIdle() {
        pool.closeIdle(TimeValue.ZERO_MILLISECONDS);
    }

    /** Closes all connections; exchanges that still run fail. */
    @Override
    public void close() {
        eviction.cancel();
        pool.close(CloseMode.IMMEDIATE);
    }

    Timers timers() {
        return timers;
    }

    HttpRequestExecutor executor() {
        return executor;
    }

    ConnectionEndpoint lease(Route route, Deadline end) throws IOException, InterruptedException {
        // First, since it fails when no time is left, and what was leased by then nobody would return.
        Timeout wait = timeout(end.left());
        LeaseRequest lease = pool.lease("", route.http(), Timeout.DISABLED, null);
        try {
            return lease.get(wait);
        } catch (TimeoutException e) {
            giveBack(lease);
            throw new SocketTimeoutException("no connection became free in time; " + setting + " limits them");
        } catch (ExecutionException e) {
            throw new IOException("no connection to be had", e);
        } catch (InterruptedException e) {
            giveBack(lease);
            throw e;
        } catch (CancellationException e) {
            // The pool's answer to an interrupt that it notices itself.
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw new IOException("no connection to be had", e);
        }
    }

    /** A lease may come through in the moment that it is given up; nobody else would return it to the pool. */
    private void giveBack(LeaseRequest lease) {
        if (lease.cancel()) {
            return;
        }
        try {
            pool.release(lease.get(Timeout.ofMilliseconds(1)), null, TimeValue.ZERO_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            // It was not leased after all.
        }
    }

    void connect(Route route, ConnectionEndpoint endpoint, Deadline end, HttpContext context)
            throws IOException, HttpException {
        Timeout timeout = timeout(end.leftAtMost(connectTimeout));
        pool.connect(endpoint, timeout, context);
        if (!route.http().isTunnelled()) {
            return;
        }
        ClassicHttpRequest request =
                new BasicClassicHttpRequest("CONNECT", route.http().getTargetHost(), route.tunnelTarget());
        request.addHeader("Host", route.tunnelTarget());
        if (route.proxyAuthorization() != null) {
            request.addHeader("Proxy-Authorization", route.proxyAuthorization());
        }
        endpoint.setSocketTimeout(timeout);
        int status = endpoint.execute("", request, executor::execute, context).getCode();
        if (status != 200) {
            throw new IOException("the proxy refused the tunnel with status " + status);
        }
        pool.upgrade(endpoint, context);
    }

    /** Takes a connection back whose answer was read to the end. */
    void keep(ConnectionEndpoint endpoint) {
        pool.release(endpoint, null, KEEP_ALIVE);
    }

    /** Resets a connection. */
    void drop(ConnectionEndpoint endpoint) {
        endpoint.close(CloseMode.IMMEDIATE);
        pool.release(endpoint, null, TimeValue.ZERO_MILLISECONDS);
    }

    /** HttpClient takes 0 for no limit. */
    private static Timeout timeout(Duration duration) throws SocketTimeoutException {
        if (duration.isZero()) {
            throw new SocketTimeoutException("there was no time left");
        }
        return Timeout.ofMilliseconds(Math.max(1, duration.toMillis()));
    }
}
