package io.mcpagent.model;

import io.mcpagent.base.Deadline;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.model.ModelException.Kind;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.apache.hc.core5.http.HttpException;

/**
 * One attempt to ask one model by Bedrock Runtime's Converse and ConverseStream. Blocks the calling virtual thread; its interrupt closes the
 * connection, which makes the service stop. Safe for use by many threads.
 */
@Singleton
class BedrockModel {

    /** The end of a stream follows its last event at once; a service that is slow with it is not worth the wait. */
    private static final Duration END_OF_STREAM = Duration.ofMillis(200);

    private static final int LARGEST_REPLY = 32 << 20;

    private final BedrockRequests requests;
    private final BedrockHttp http;
    private final Duration idleTimeout;

    BedrockModel(AgentConfig config, BedrockRequests requests, BedrockHttp http) {
        this.requests = requests;
        this.http = http;
        this.idleTimeout = config.model().idleTimeout();
    }

    /** What is done with an answer of status 200. */
    @FunctionalInterface
    private interface Answer {
        ModelReply read(Exchange exchange) throws IOException, ModelException, InterruptedException;
    }

    ModelReply converse(String modelId, RequestBody.Bytes body, Deadline deadline)
            throws ModelException, InterruptedException {
        try {
            return ask(modelId, "converse", body, deadline.left(), deadline, exchange -> readReply(modelId, exchange));
        } catch (IOException | HttpException e) {
            throw failure(e, Kind.UNAVAILABLE, false, deadline);
        }
    }

    ModelReply stream(String modelId, RequestBody.Bytes body, Deadline deadline, ReplyListener listener)
            throws ModelException, InterruptedException {
        StreamedReply reply = new StreamedReply(listener);
        try (reply) {
            return ask(modelId, "converse-stream", body, idleTimeout, deadline, exchange -> {
                exchange.beforeBlocking(reply::pause);
                readStream(exchange, reply);
                return reply.reply(modelId);
            });
        } catch (IOException | HttpException e) {
            throw failure(e, reply.isAccepted() ? Kind.BROKEN_STREAM : Kind.UNAVAILABLE, reply.begun(), deadline);
        }
    }

    private ModelReply ask(
            String modelId, String operation, RequestBody.Bytes body, Duration idle, Deadline deadline, Answer answer)
            throws IOException, HttpException, ModelException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        try (Exchange exchange = send(modelId, operation, body, idle, deadline)) {
            if (exchange.status() != 200) {
                throw ServiceErrors.of(exchange);
            }
            return answer.read(exchange);
        }
    }

    private Exchange send(String modelId, String operation, RequestBody.Bytes body, Duration idle, Deadline deadline)
            throws IOException, HttpException, ModelException, InterruptedException {
        try {
            return send(requests.post(modelId, operation, body), idle, deadline);
        } catch (Exchange.StaleConnectionException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            // What closed this one has probably closed the others, too.
            http.closeIdle();
            return send(requests.post(modelId, operation, body), idle, deadline);
        }
    }

    private Exchange send(BedrockRequests.Signed signed, Duration idle, Deadline deadline)
            throws IOException, HttpException, InterruptedException {
        return http.send(signed.route(), signed.request(), idle, deadline);
    }

    private static ModelReply readReply(String modelId, Exchange exchange) throws IOException {
        long length = exchange.bodyLength();
        int room = length > 0 && length < LARGEST_REPLY ? (int) length : LARGEST_REPLY;
        byte[] body = exchange.body().readNBytes(room);
        if (body.length < LARGEST_REPLY) {
            exchange.keep();
        }
        return ReplyReader.read(modelId, body);
    }

    private static void readStream(Exchange exchange, StreamedReply reply)
            throws IOException, ModelException, InterruptedException {
        reply.accepted();
        InputStream in = exchange.body();
        EventStreamDecoder frames = new EventStreamDecoder(in);
        while (!reply.complete()) {
            if (!frames.next()) {
                throw new EventStreamDecoder.BrokenStreamException("the stream ended without its metadata event");
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            switch (frames.messageType()) {
                case EVENT ->
                    reply.event(frames.type(), frames.payloadArray(), frames.payloadStart(), frames.payloadLength());
                case EXCEPTION, ERROR -> throw ServiceErrors.of(frames, reply.begun());
                case OTHER -> {}
            }
        }
        end(exchange, frames);
    }

    /** The reply is whole, whatever comes: all that depends on the proper end of the stream is whether its connection can be kept. */
    private static void end(Exchange exchange, EventStreamDecoder frames) {
        exchange.longestRead(END_OF_STREAM);
        try {
            if (!frames.next()) {
                exchange.keep();
            }
        } catch (IOException e) {
            exchange.abort();
        }
    }

    /** An interrupt closes the socket under whoever reads it, so it shows as an I/O error first. */
    private static ModelException failure(Exception e, Kind otherwise, boolean begun, Deadline deadline)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw (InterruptedException) new InterruptedException().initCause(e);
        }
        boolean late = e instanceof SocketTimeoutException
                || e.getCause() instanceof SocketTimeoutException
                || deadline.passed();
        Kind kind = late ? Kind.TIMEOUT : otherwise;
        return new ModelException(kind, e.toString(), begun, e);
    }
}
