package io.mcpagent.access;

import io.mcpagent.config.AgentConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Resets the connection of a client that reads nothing of what waits for it. The server's idle timeout is far longer, since a turn may be silent;
 * and an ordinary close would wait behind the very bytes that nobody reads. When the process ends, waits for those that do read.
 */
@Singleton
final class UnreadAnswers {

    private static final Logger LOG = Logger.getLogger(UnreadAnswers.class);
    private static final AttributeKey<Boolean> WATCHED = AttributeKey.valueOf(UnreadAnswers.class, "watched");
    private static final int BEFORE_ALL = 2_000;
    private static final int LOOKS = 4;
    private static final long LOOK_AT_END_NANOS = 5_000_000;

    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final Duration patience;
    private final Duration longestEnd;

    UnreadAnswers(AgentConfig config, @ConfigProperty(name = "quarkus.shutdown.timeout") Duration longestEnd) {
        this.patience = config.access().unreadTimeout();
        this.longestEnd = longestEnd;
    }

    void register(@Observes Filters filters) {
        filters.register(this::watch, BEFORE_ALL);
    }

    private void watch(RoutingContext http) {
        Channel channel = ((ConnectionBase) http.request().connection()).channel();
        if (channel.attr(WATCHED).setIfAbsent(true) == null) {
            long pause = Math.max(1, patience.toNanos() / LOOKS);
            Future<?> looking = channel.eventLoop()
                    .scheduleWithFixedDelay(new Watch(channel)::look, pause, pause, TimeUnit.NANOSECONDS);
            open.add(channel);
            channel.closeFuture().addListener(closed -> {
                looking.cancel(false);
                open.remove(channel);
            });
        }
        http.next();
    }

    /** A request is complete for Quarkus when its answer was handed to the connection: what that has not sent by then would end with the process. */
    void awaitLastBytes(@Observes ShutdownEvent end) {
        long began = System.nanoTime();
        while (System.nanoTime() - began < longestEnd.toNanos() && open.stream().anyMatch(UnreadAnswers::hasUnsent)) {
            LockSupport.parkNanos(LOOK_AT_END_NANOS);
        }
    }

    /** Asked on the event loop, behind whatever is still on its way to the connection. */
    private static boolean hasUnsent(Channel channel) {
        try {
            return channel.eventLoop()
                    .submit(() -> {
                        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
                        return channel.isActive() && unsent != null && unsent.totalPendingWriteBytes() > 0;
                    })
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | RejectedExecutionException e) {
            return false;
        }
    }

    /** One connection; only ever used on its event loop. */
    private final class Watch {

        private final Channel channel;
        private @Nullable Object current;
        private long progress;
        private long waiting;
        private long movedAt;

        Watch(Channel channel) {
            this.channel = channel;
        }

        void look() {
            ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
            if (unsent == null || moved(unsent)) {
                movedAt = System.nanoTime();
            } else if (System.nanoTime() - movedAt >= patience.toNanos()) {
                LOG.debugf("A client read nothing for %s; its connection is reset", patience);
                // Without it the system would go on offering what it has taken over already.
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
                // Past the handlers: that of the server would have the close wait behind what is to be sent.
                channel.unsafe().close(channel.newPromise());
            }
        }

        private boolean moved(ChannelOutboundBuffer unsent) {
            Object currentNow = unsent.current();
            long progressNow = unsent.currentProgress();
            long waitingNow = unsent.totalPendingWriteBytes();
            // The very same message: what it has, and whether another one has the same, does not matter.
            @SuppressWarnings("ReferenceEquality")
            boolean moved = currentNow == null || currentNow != current || progressNow != progress;
            // More may come to wait meanwhile; that is no sign of life.
            moved |= waitingNow < waiting;
            current = currentNow;
            progress = progressNow;
            waiting = waitingNow;
            return moved;
        }
    }
}
