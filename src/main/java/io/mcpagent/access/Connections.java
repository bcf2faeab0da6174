package io.mcpagent.access;

import io.mcpagent.config.AgentConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps connections without a request from using up the process. The head of a request has a time of its own, since the server's idle timeout begins
 * anew with each byte. Where there are too many connections the one that has waited longest for its head makes room, then the one that has been idle
 * longest. A client that sends its whole request at once is served, however many others send slowly. Callers behind a load balancer have one address, so addresses don't
 * count. Safe for use by many threads.
 */
@Singleton
final class Connections {

    private static final Logger LOG = Logger.getLogger(Connections.class);
    private static final AttributeKey<Connection> KNOWN = AttributeKey.valueOf(Connections.class, "known");
    private static final int BEFORE_ALL = 2_001;
    private static final Pattern DESCRIPTORS = Pattern.compile("(?m)^Max open files +([0-9]+)");

    private final int most;
    private final Duration patience;

    // Each connection is in one of them; the longest there first. Guarded by this.
    private final Set<Connection> headless = new LinkedHashSet<>();
    private final Set<Connection> idle = new LinkedHashSet<>();
    private final Set<Connection> busy = new LinkedHashSet<>();

    @Inject
    Connections(AgentConfig config, @ConfigProperty(name = "quarkus.http.read-timeout") Duration patience) {
        this(Math.min(config.access().maxConnections(), descriptors() / 2), patience);
    }

    Connections(int most, Duration patience) {
        this.most = most;
        this.patience = patience;
    }

    /** How many files the process may have open; each connection is one, and so is each to the model and to the tools. */
    private static int descriptors() {
        try {
            Matcher limit = DESCRIPTORS.matcher(Files.readString(Path.of("/proc/self/limits")));
            return limit.find() ? (int) Math.min(Integer.MAX_VALUE, Long.parseLong(limit.group(1))) : Integer.MAX_VALUE;
        } catch (IOException | NumberFormatException e) {
            return Integer.MAX_VALUE;
        }
    }

    void register(@Observes Filters filters) {
        filters.register(
                http -> {
                    Channel channel = ((ConnectionBase) http.request().connection()).channel();
                    begins(channel);
                    http.addEndHandler(ended -> ends(channel));
                    http.next();
                },
                BEFORE_ALL);
    }

    /** A client has connected. Its channel need not have an event loop yet. */
    void opened(Channel channel) {
        Connection connection = new Connection(channel);
        channel.attr(KNOWN).set(connection);
        channel.pipeline().addFirst(connection);
    }

    /** The head of a request is there. */
    void begins(Channel channel) {
        Connection connection = channel.attr(KNOWN).get();
        if (connection != null) {
            connection.headIsThere();
            move(connection, busy);
        }
    }

    /** The answer has been given. */
    void ends(Channel channel) {
        Connection connection = channel.attr(KNOWN).get();
        if (connection != null && channel.isActive()) {
            move(connection, idle);
        }
    }

    /** Gives the connection that has to make room, if one has to. */
    private synchronized @Nullable Connection move(Connection connection, Set<Connection> to) {
        remove(connection);
        to.add(connection);
        if (headless.size() + idle.size() + busy.size() <= most) {
            return null;
        }
        Connection first = headless.isEmpty() ? null : headless.iterator().next();
        Connection excess = (first != null && first != connection) || idle.isEmpty()
                ? first
                : idle.iterator().next();
        if (excess != null) {
            remove(excess);
        }
        return excess;
    }

    private synchronized void remove(Connection connection) {
        if (!headless.remove(connection) && !idle.remove(connection)) {
            busy.remove(connection);
        }
    }

    private synchronized boolean isIdle(Connection connection) {
        return idle.contains(connection);
    }

    /** Sees what comes before anything reads it; only ever used on its event loop. */
    private final class Connection extends ChannelInboundHandlerAdapter {

        private final Channel channel;
        private @Nullable Future<?> limit;

        Connection(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            awaitHead();
            channel.closeFuture().addListener(closed -> closed());
            Connection excess = move(this, headless);
            if (excess != null) {
                LOG.debugf("The limit of %d connections is reached; one without a request is closed", most);
                var _ = excess.channel.close();
            }
        }

        void awaitHead() {
            limit = channel.eventLoop()
                    .schedule(
                            () -> {
                                LOG.debugf(
                                        "A request's head was not complete within %s; the connection is closed",
                                        patience);
                                var _ = channel.close();
                            },
                            patience.toNanos(),
                            TimeUnit.NANOSECONDS);
        }

        void headIsThere() {
            if (limit != null) {
                limit.cancel(false);
                limit = null;
            }
        }

        void closed() {
            headIsThere();
            remove(this);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object bytes) {
            if (limit == null && isIdle(this)) {
                awaitHead();
                move(this, headless);
            }
            context.fireChannelRead(bytes);
        }
    }
}
