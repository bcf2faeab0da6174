package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.mcpagent.base.Deadline;
import io.mcpagent.http.HttpExchange;
import io.mcpagent.jsonrpc.JsonRpc;
import io.mcpagent.tools.McpException.FailureKind;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * MCP over streamable HTTP.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http">Streamable HTTP</a>
 */
final class StreamableHttpConnection extends McpConnection<McpSession> {

    private static final int MAX_LIST = 16 << 20;
    private static final int UNSUPPORTED_VERSION = -32_022;
    private static final Duration ASIDE = Duration.ofSeconds(2);

    StreamableHttpConnection(McpHttp http, URI url, int resultSize) {
        super(http, url, resultSize);
    }

    @Override
    McpSession connect(Deadline deadline) throws McpException, InterruptedException {
        @Nullable McpSession stateless = discover(deadline);
        return stateless == null ? initialize(deadline) : stateless;
    }

    /** How to speak with the server without a session, or null if it needs one, as those before 2026-07-28 do. */
    private @Nullable McpSession discover(Deadline deadline) throws McpException, InterruptedException {
        try {
            McpSession asking = McpSession.withoutSession();
            McpRequest request = McpMessages.discover(nextId());
            return McpSession.ofDiscovered(
                            post(asking, request, McpHttp.Over.FRESH, deadline).resultOrThrow())
                    .orElse(null);
        } catch (McpException e) {
            if (e.kind() == FailureKind.NOT_SENT || e.kind() == FailureKind.TIMEOUT) {
                throw e;
            }
            return null;
        }
    }

    private McpSession initialize(Deadline deadline) throws McpException, InterruptedException {
        long id = nextId();
        McpSession agreed = http.post(
                url,
                McpSession.noSession(),
                McpMessages.initialize(id),
                McpHttp.Over.FRESH,
                deadline,
                exchange -> McpSession.of(
                        read(exchange, id, RpcMessage.NO_CALL, false).resultOrThrow(),
                        exchange.header(McpSession.ID_HEADER)));
        tellInitialized(agreed, deadline);
        return agreed;
    }

    private void tellInitialized(McpSession agreed, Deadline deadline) throws McpException, InterruptedException {
        try {
            // On a new connection too: we may be here because those in the pool are dead.
            http.tell(url, agreed.headers(), McpMessages.initialized(), McpHttp.Over.FRESH, deadline);
        } catch (McpException e) {
            // Without a session nobody waits for it, and behind a balancer it may well have gone to another server.
            if (agreed.hasId() || !e.connectionFailed()) {
                throw e;
            }
        }
    }

    @Override
    McpSession agreed(McpSession session) {
        return session;
    }

    @Override
    @Nullable
    McpSession better(McpSession session, Deadline deadline) throws InterruptedException {
        try {
            return session.stateless() ? null : discover(deadline);
        } catch (McpException e) {
            // What is asked next will find out.
            return null;
        }
    }

    @Override
    boolean usable(McpSession session) {
        return true;
    }

    @Override
    void retire(McpSession session) {
        // The server forgets it in time.
    }

    @Override
    boolean breaks(McpSession session, McpException failure) {
        // A server that gave no session id remembers nothing of us; another one may think differently of our headers.
        // Nor is one to be spoken to without a session that does not know how any more.
        boolean unspoken = session.stateless()
                && (failure.code() == JsonRpc.METHOD_NOT_FOUND || failure.code() == UNSUPPORTED_VERSION);
        return (failure.connectionFailed() && session.hasId()) || failure.kind() == FailureKind.REJECTED || unspoken;
    }

    @Override
    RpcMessage ask(McpSession session, McpRequest request, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException {
        return post(session, request, fresh ? McpHttp.Over.PROVEN : McpHttp.Over.POOLED, deadline);
    }

    private RpcMessage post(McpSession session, McpRequest request, McpHttp.Over over, Deadline deadline)
            throws McpException, InterruptedException {
        return http.post(
                request.at(url),
                session.headers(),
                request.headers(session),
                request.json(session),
                over,
                deadline,
                exchange -> read(exchange, request.id(), request.resultSize(), session.hasId()));
    }

    /** Reads until the answer to request {@code id} is there: the response is either plain JSON or a stream of events. */
    private RpcMessage read(HttpExchange exchange, long id, int size, boolean inSession)
            throws IOException, McpException, InterruptedException {
        int status = exchange.status();
        String header = exchange.header("Content-Type");
        String type = header == null ? "" : header;
        if (status == 404 && inSession) {
            throw new McpException(FailureKind.SESSION_GONE, "the server has forgotten the session");
        }
        int limit = size == RpcMessage.NO_CALL ? MAX_LIST : callLimit();
        try {
            if (type.startsWith("application/json")) {
                RpcMessage message = RpcMessage.read(new LimitedInput(exchange.body(), limit), size);
                if (message.answers(id)) {
                    return message;
                }
            } else if (type.startsWith("text/event-stream") && status / 100 == 2) {
                return readEvents(new SseEvents(exchange.body(), limit), id, size);
            }
        } catch (JsonProcessingException e) {
            // Jackson's message quotes the answer, which is content and must not get into a log.
            if (status / 100 == 2) {
                throw new McpException(FailureKind.LOST, "the answer is not whole JSON");
            }
        }
        // A 4xx comes before anything is done; a 2xx or 5xx, also from a proxy in between, tells nothing.
        throw new McpException(
                status / 100 == 4 || status / 100 == 3 ? FailureKind.REJECTED : FailureKind.LOST,
                "HTTP status " + status + " without an answer");
    }

    private RpcMessage readEvents(SseEvents events, long id, int size)
            throws IOException, McpException, InterruptedException {
        SseEvents.Event event;
        while ((event = events.next()) != null) {
            if (!event.type.equals("message") || event.isEmpty()) {
                continue;
            }
            RpcMessage message = RpcMessage.read(event.input(), size);
            if (message.answers(id)) {
                return message;
            }
            if (message.asks()) {
                answer(message);
            }
        }
        throw new McpException(FailureKind.LOST, "the stream ended before the answer");
    }

    /** Answers what the server asks while it works on our request. */
    private void answer(RpcMessage asked) throws McpException, InterruptedException {
        McpSession session = current();
        http.tell(
                url,
                session == null ? McpSession.noSession() : session.headers(),
                McpMessages.answer(asked),
                McpHttp.Over.FRESH,
                Deadline.in(ASIDE));
    }

    /** Network connections that are in use or kept for the next use. */
    int openConnections() {
        return http.openConnections();
    }
}
