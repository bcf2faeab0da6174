package io.mcpagent.model;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Tls;
import io.mcpagent.config.AgentConfig;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.IdleConnectionEvictor;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.ConnectionEndpoint;
import org.apache.hc.client5.http.io.LeaseRequest;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * The connections to Bedrock: HttpClient's pool, TLS and HTTP/1.1, without its chain of interceptors, of which none is needed. Safe for use by
 * many threads.
 */
@Singleton
class BedrockHttp {

    /** Shorter than the service's own idle time, so that a connection is seldom found closed. */
    static final TimeValue KEEP_ALIVE = TimeValue.ofSeconds(50);

    private static final Http1Config HTTP1 = Http1Config.custom()
            .setMaxHeaderCount(100)
            .setMaxLineLength(16 << 10)
            .build();

    private final PoolingHttpClientConnectionManager connections;
    private final IdleConnectionEvictor evictor;
    private final Duration connectTimeout;
    private final Watch watch = new Watch();
    private final HttpRequestExecutor executor = new HttpRequestExecutor(DefaultConnectionReuseStrategy.INSTANCE);

    BedrockHttp(AgentConfig config) {
        connectTimeout = config.model().connectTimeout();
        connections = PoolingHttpClientConnectionManagerBuilder.create()
                .setTlsSocketStrategy(new Tls())
                .setConnectionFactory(socket -> new BedrockConnection(HTTP1))
                .setConnPoolPolicy(PoolReusePolicy.LIFO)
                .setMaxConnTotal(config.model().maxConnections())
                .setMaxConnPerRoute(config.model().maxConnections())
                .setDefaultSocketConfig(SocketConfig.custom()
                        .setTcpNoDelay(true)
                        .setSoKeepAlive(true)
                        .build())
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setValidateAfterInactivity(TimeValue.ofSeconds(5))
                        .build())
                .build();
        evictor = new IdleConnectionEvictor(
                connections,
                Thread.ofVirtual().name("bedrock-idle-connections").factory(),
                TimeValue.ofSeconds(10),
                KEEP_ALIVE);
        evictor.start();
    }

    /** Connections that requests hold now. */
    int leased() {
        return connections.getTotalStats().getLeased();
    }

    /** Connections that wait for requests. */
    int idle() {
        return connections.getTotalStats().getAvailable();
    }

    /** Closes the connections that wait for requests. */
    void closeIdle() {
        connections.closeIdle(TimeValue.ZERO_MILLISECONDS);
    }

    @PreDestroy
    void close() {
        evictor.shutdown();
        watch.close();
        connections.close(CloseMode.IMMEDIATE);
    }

    /**
     * Sends a request and waits for the head of its response.
     *
     * @param idleTimeout how long the service may be silent, at any time
     * @throws SocketTimeoutException if it was silent for longer, or the deadline passed
     * @throws InterruptedException   if the calling thread was interrupted
     */
    Exchange send(Route route, ClassicHttpRequest request, Duration idleTimeout, Deadline deadline)
            throws IOException, HttpException, InterruptedException {
        boolean sent = false;
        ConnectionEndpoint endpoint = lease(route, deadline);
        Exchange exchange = new Exchange(connections, endpoint, executor, idleTimeout, deadline);
        try {
            HttpClientContext context = HttpClientContext.create();
            if (!endpoint.isConnected()) {
                connect(route, endpoint, deadline, context);
                exchange.fresh();
            }
            exchange.send(request, watch, context);
            sent = true;
            return exchange;
        } finally {
            if (!sent) {
                exchange.abort();
            }
        }
    }

    private void connect(Route route, ConnectionEndpoint endpoint, Deadline deadline, HttpClientContext context)
            throws IOException, HttpException {
        Timeout timeout = milliseconds(deadline.leftAtMost(connectTimeout));
        connections.connect(endpoint, timeout, context);
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
        int status = endpoint.execute("", request, executor, context).getCode();
        if (status != 200) {
            throw new IOException("the proxy refused the tunnel with status " + status);
        }
        connections.upgrade(endpoint, context);
    }

    private ConnectionEndpoint lease(Route route, Deadline deadline) throws IOException, InterruptedException {
        LeaseRequest lease = connections.lease("", route.http(), Timeout.DISABLED, null);
        try {
            return lease.get(milliseconds(deadline.left()));
        } catch (TimeoutException e) {
            throw new SocketTimeoutException(
                    "no connection became free in time; agent.model.max-connections limits them");
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

    /** A lease may come through in the moment of the interrupt; nobody else would return it to the pool. */
    private void giveBack(LeaseRequest lease) {
        if (lease.cancel()) {
            return;
        }
        try {
            connections.release(lease.get(Timeout.ofMilliseconds(1)), null, TimeValue.ZERO_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            // It was not leased after all.
        }
    }

    /** HttpClient takes 0 for no limit. */
    static Timeout milliseconds(Duration duration) throws InterruptedIOException {
        if (duration.isZero()) {
            throw new SocketTimeoutException("the deadline has passed");
        }
        return Timeout.ofMilliseconds(Math.max(1, duration.toMillis()));
    }
}
