package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.base.Deadline;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hc.core5.http.Header;

/**
 * MCP over streamable HTTP.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http">Streamable HTTP</a>
 */
final class StreamableHttpConnection implements McpConnection {

    private static final int MAX_LIST = 16 << 20;
    private static final Duration ASIDE = Duration.ofSeconds(2);

    private final McpHttp http;
    private final URI url;
    private final HttpAnswers answers;
    private final HttpAnswers lists;
    private final AtomicLong ids = new AtomicLong();
    private final ReentrantLock connecting = new ReentrantLock();
    private final AtomicReference<McpSession> session = new AtomicReference<>();

    StreamableHttpConnection(McpHttp http, URI url, int resultSize) {
        this.http = http;
        this.url = url;
        this.answers = new HttpAnswers(resultSize, Math.max(1 << 20, Math.multiplyExact(resultSize, READ_FACTOR)));
        this.lists = new HttpAnswers(0, MAX_LIST);
    }

    @Override
    public List<JsonNode> listTools(boolean fresh, Deadline deadline) throws McpException, InterruptedException {
        McpSession current = session(deadline);
        if (!current.offersTools()) {
            // So that it is asked again the next time.
            session.compareAndSet(current, null);
            return List.of();
        }
        return ToolPages.all(cursor -> {
            long id = ids.incrementAndGet();
            return send(id, JsonRpc.listTools(id, cursor), false, fresh, deadline)
                    .result();
        });
    }

    @Override
    public CallAnswer callTool(String name, String arguments, String traceparent, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException {
        long id = ids.incrementAndGet();
        RpcMessage answer = send(id, JsonRpc.callTool(id, name, arguments, traceparent), true, fresh, deadline);
        if (answer.call() == null) {
            throw new McpException(McpException.Kind.LOST, "the result of a tool call is not an object");
        }
        return answer.call();
    }

    private RpcMessage send(long id, byte[] json, boolean call, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            McpSession current = session(deadline);
            try {
                return http.post(
                        url,
                        current.headers(),
                        json,
                        fresh ? McpHttp.Over.PROVEN : McpHttp.Over.POOLED,
                        deadline,
                        response -> (call ? answers : lists).read(response, id, call, current.hasId(), this::answer));
            } catch (McpException e) {
                // A server that gave no session id remembers nothing of us; another one may think differently of our
                // headers.
                if (e.connectionFailed() && current.hasId() || e.kind() == McpException.Kind.REJECTED) {
                    session.compareAndSet(current, null);
                }
                // The server refused to look at it, so that even a write may be sent to the next session.
                if (e.kind() != McpException.Kind.SESSION_GONE || attempt == 2) {
                    throw e;
                }
            }
        }
    }

    private McpSession session(Deadline deadline) throws McpException, InterruptedException {
        McpSession current = session.get();
        if (current != null) {
            return current;
        }
        if (!connecting.tryLock(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
            throw new McpException(McpException.Kind.NOT_SENT, "not connected in time");
        }
        try {
            current = session.get();
            if (current == null) {
                current = connect(deadline);
                session.set(current);
            }
            return current;
        } finally {
            connecting.unlock();
        }
    }

    private McpSession connect(Deadline deadline) throws McpException, InterruptedException {
        try {
            long id = ids.incrementAndGet();
            McpSession agreed = http.post(
                    url, McpSession.noSession(), JsonRpc.initialize(id), McpHttp.Over.FRESH, deadline, response -> {
                        RpcMessage answer = lists.read(response, id, false, false, this::answer);
                        Header sessionId = response.getFirstHeader(McpSession.ID_HEADER);
                        return McpSession.of(answer.result(), sessionId == null ? null : sessionId.getValue());
                    });
            tellInitialized(agreed, deadline);
            return agreed;
        } catch (McpException e) {
            // Whatever went wrong here: the request that we connect for has not been sent.
            McpException.Kind kind = e.kind() == McpException.Kind.TIMEOUT ? McpException.Kind.NOT_SENT : e.kind();
            throw new McpException(
                    kind == McpException.Kind.REJECTED ? kind : McpException.Kind.NOT_SENT,
                    "could not connect: " + e.getMessage(),
                    e);
        }
    }

    private void tellInitialized(McpSession agreed, Deadline deadline) throws McpException, InterruptedException {
        try {
            // On a new connection too: we may be here because those in the pool are dead.
            http.post(url, agreed.headers(), JsonRpc.initialized(), McpHttp.Over.FRESH, deadline, response -> null);
        } catch (McpException e) {
            // Without a session nobody waits for it, and behind a balancer it may well have gone to another server.
            if (agreed.hasId() || !e.connectionFailed()) {
                throw e;
            }
        }
    }

    private void answer(RpcMessage asked) throws McpException, InterruptedException {
        McpSession current = session.get();
        List<Header> headers = current == null ? McpSession.noSession() : current.headers();
        http.post(url, headers, JsonRpc.answer(asked), McpHttp.Over.FRESH, Deadline.in(ASIDE), response -> null);
    }

    /** Network connections that are in use or kept for the next use. */
    int openConnections() {
        return http.openConnections();
    }

    @Override
    public void close() {
        http.close();
    }
}
