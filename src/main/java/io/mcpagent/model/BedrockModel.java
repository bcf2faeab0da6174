package io.mcpagent.model;

import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.http.HttpConnections;
import io.mcpagent.http.HttpExchange;
import io.mcpagent.model.ModelException.Kind;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to ask one model by Bedrock Runtime's Converse and ConverseStream. Blocks the calling virtual thread; its interrupt closes the
 * connection, which makes the service stop. Safe for use by many threads.
 */
@Singleton
class BedrockModel {

    /** The end of a stream follows its last event at once; a service that is slow with it is not worth the wait. */
    private static final Duration END_OF_STREAM = Duration.ofMillis(200);

    private static final Duration CHECK_AFTER = Duration.ofSeconds(5);
    static final int LARGEST_REPLY = 8 << 20;

    private final BedrockRequests requests;
    private final HttpConnections connections;
    private final AgentConfig.ModelSettings config;

    BedrockModel(AgentConfig config, BedrockRequests requests, Timers timers) {
        AgentConfig.ModelSettings model = config.model();
        this.requests = requests;
        this.connections = new HttpConnections(
                "agent.model.max-connections", model.maxConnections(), model.connectTimeout(), CHECK_AFTER, timers);
        this.config = model;
    }

    /** What is done with an answer of status 200. */
    @FunctionalInterface
    private interface Answer {
        ModelReply read(HttpExchange exchange) throws IOException, ModelException, InterruptedException;
    }

    /** @param request whose deadline is the run's; who waits without one is cut a moment later */
    ModelReply converse(String modelId, RequestBody.Bytes body, ModelRequest request)
            throws ModelException, InterruptedException {
        // A whole reply takes as long as it takes to write: silence says nothing.
        return ask(
                modelId,
                "converse",
                body,
                HttpConnections.ANY_SILENCE,
                request,
                null,
                exchange -> readReply(modelId, exchange));
    }

    /**
     * Streams a reply.
     *
     * @param silence how long this model may be silent, if that is not configured
     * @param request whose deadline is the run's; who waits without one is cut a moment later
     */
    ModelReply stream(
            String modelId, RequestBody.Bytes body, Duration silence, ModelRequest request, ReplyListener listener)
            throws ModelException, InterruptedException {
        Duration idle = config.idleTimeout().orElse(silence);
        try (ReplyAssembler reply = new ReplyAssembler(listener)) {
            Duration first = config.firstEventTimeout().orElse(idle);
            return ask(modelId, "converse-stream", body, first, request, reply, exchange -> {
                exchange.beforeBlocking(reply::pause);
                readStream(exchange, reply, idle);
                return reply.reply(modelId);
            });
        }
    }

    private ModelReply ask(
            String modelId,
            String operation,
            RequestBody.Bytes body,
            Duration silence,
            ModelRequest request,
            @Nullable ReplyAssembler streamed,
            Answer answer)
            throws ModelException, InterruptedException {
        boolean again = false;
        while (true) {
            BedrockRequests.Signed signed = requests.post(modelId, operation, body);
            try (HttpExchange exchange =
                    connections.exchange(signed.route(), silence, HttpExchange.endAfter(request.deadline()))) {
                Spending.Attempt attempt = request.spending().begin(modelId);
                try {
                    exchange.send(signed.head(), body.array(), body.size());
                    if (exchange.status() != 200) {
                        ModelException refused = ServiceErrors.of(exchange);
                        if (!refused.sent()) {
                            attempt.cancel();
                        }
                        throw refused;
                    }
                    ModelReply reply = answer.read(exchange);
                    attempt.settle(reply.usage());
                    return reply;
                } catch (IOException e) {
                    // An interrupt closes the socket under whoever reads it, so it shows as an I/O error first.
                    if (Thread.interrupted()) {
                        throw (InterruptedException) new InterruptedException().initCause(e);
                    }
                    if (again || !isStale(exchange, e)) {
                        throw failure(e, exchange, streamed);
                    }
                    again = exchange.sent();
                    connections.closeIdle();
                } finally {
                    end(attempt, exchange, streamed == null ? null : streamed.usage());
                }
            }
        }
    }

    /** Only what never left costs nothing. */
    private static void end(Spending.Attempt attempt, HttpExchange exchange, @Nullable Usage said) {
        if (said != null) {
            attempt.settle(said);
        } else if (exchange.sent()) {
            attempt.settleUnknown();
        } else {
            attempt.cancel();
        }
    }

    /** Whether the service had closed the pooled connection before it answered: a new one may do. */
    private static boolean isStale(HttpExchange exchange, IOException failure) {
        return exchange.reused() && !exchange.answered() && !(failure instanceof SocketTimeoutException);
    }

    private static ModelReply readReply(String modelId, HttpExchange exchange) throws IOException {
        long length = exchange.bodyLength();
        int room = length > 0 && length < LARGEST_REPLY ? (int) length : LARGEST_REPLY;
        byte[] body = exchange.body().readNBytes(room);
        if (body.length == LARGEST_REPLY) {
            throw new EventStreamDecoder.BrokenStreamException("the reply has no end");
        }
        exchange.keep();
        return ReplyReader.read(modelId, body);
    }

    private static void readStream(HttpExchange exchange, ReplyAssembler reply, Duration idle)
            throws IOException, ModelException, InterruptedException {
        EventStreamDecoder frames = new EventStreamDecoder(exchange.body());
        while (!reply.complete()) {
            if (!frames.next()) {
                throw new EventStreamDecoder.BrokenStreamException("the stream ended without its metadata event");
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            exchange.silence(idle);
            switch (frames.messageType()) {
                case EVENT ->
                    reply.event(frames.type(), frames.payloadArray(), frames.payloadStart(), frames.payloadLength());
                case EXCEPTION, ERROR -> throw ServiceErrors.of(frames, reply.heard());
                case OTHER -> {}
            }
        }
        end(exchange, frames);
    }

    /** The reply is whole, whatever comes: all that depends on the proper end of the stream is whether its connection can be kept. */
    private static void end(HttpExchange exchange, EventStreamDecoder frames) {
        exchange.longestRead(END_OF_STREAM);
        try {
            if (!frames.next()) {
                exchange.keep();
            }
        } catch (IOException e) {
            exchange.close();
        }
    }

    private static ModelException failure(IOException e, HttpExchange exchange, @Nullable ReplyAssembler streamed) {
        Kind kind = Kind.UNAVAILABLE;
        if (e instanceof SocketTimeoutException || e.getCause() instanceof SocketTimeoutException) {
            kind = Kind.TIMEOUT;
        } else if (e instanceof EventStreamDecoder.BrokenStreamException
                || (streamed != null && exchange.answered() && exchange.status() == 200)) {
            kind = Kind.BROKEN_STREAM;
        }
        return new ModelException(kind, e.toString(), exchange.sent(), streamed != null && streamed.heard(), e);
    }

    HttpConnections connections() {
        return connections;
    }

    @PreDestroy
    void close() {
        connections.close();
    }
}
