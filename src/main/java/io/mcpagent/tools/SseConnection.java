package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.base.Deadline;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * MCP over the legacy transport, HTTP with SSE. Its session lives in one process of the server, so it can't work with several behind one
 * address. LangChain4j's {@code HttpMcpTransport} would do for the happy path, but the HTTP client in it repeats a POST by itself when a
 * pooled connection breaks, which can run a write twice, and it offers no way to cancel a call.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse">HTTP with SSE</a>
 */
final class SseConnection implements McpConnection {

    private final McpHttp http;
    private final URI url;
    private final int resultSize;
    private final int limit;
    private final AtomicLong ids = new AtomicLong();
    private final ReentrantLock connecting = new ReentrantLock();
    private volatile Session session;

    private record Session(SseChannel channel, McpSession agreed) {}

    SseConnection(McpHttp http, URI url, int resultSize) {
        this.http = http;
        this.url = url;
        this.resultSize = resultSize;
        this.limit = Math.max(1 << 20, Math.multiplyExact(resultSize, READ_FACTOR));
    }

    @Override
    public List<JsonNode> listTools(boolean fresh, Deadline deadline) throws McpException, InterruptedException {
        if (!session(deadline).agreed().offersTools()) {
            return List.of();
        }
        return ToolPages.all(cursor -> {
            long id = ids.incrementAndGet();
            return send(id, JsonRpc.listTools(id, cursor), -1, fresh, deadline).result();
        });
    }

    @Override
    public CallAnswer callTool(String name, String arguments, String traceparent, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException {
        long id = ids.incrementAndGet();
        RpcMessage answer = send(id, JsonRpc.callTool(id, name, arguments, traceparent), resultSize, fresh, deadline);
        if (answer.call() == null) {
            throw new McpException(McpException.Kind.LOST, "the result of a tool call is not an object");
        }
        return answer.call();
    }

    private RpcMessage send(long id, byte[] json, int size, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            SseChannel channel = session(deadline).channel();
            try {
                return parse(channel.ask(id, json, fresh, deadline), size);
            } catch (McpException e) {
                // A stream that failed once, or only seems to, is not trusted again: some servers forget its session
                // without a word.
                if (e.kind() != McpException.Kind.ERROR && e.kind() != McpException.Kind.REJECTED) {
                    channel.retire();
                }
                if (e.kind() != McpException.Kind.SESSION_GONE || attempt == 2) {
                    throw e;
                }
            }
        }
    }

    private static RpcMessage parse(SseEvents.Event event, int size) throws McpException {
        try {
            return RpcMessage.read(event.input(), size).orThrow();
        } catch (IOException e) {
            throw new McpException(McpException.Kind.LOST, "the answer is not whole JSON");
        }
    }

    private Session session(Deadline deadline) throws McpException, InterruptedException {
        Session current = session;
        if (current != null && current.channel().usable()) {
            return current;
        }
        if (!connecting.tryLock(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
            throw new McpException(McpException.Kind.NOT_SENT, "not connected in time");
        }
        try {
            current = session;
            if (current == null || !current.channel().usable()) {
                if (current != null) {
                    current.channel().retire();
                }
                current = connect(deadline);
                session = current;
            }
            return current;
        } finally {
            connecting.unlock();
        }
    }

    private Session connect(Deadline deadline) throws McpException, InterruptedException {
        SseChannel channel = new SseChannel(http, url, limit);
        boolean connected = false;
        try {
            channel.open(deadline);
            long id = ids.incrementAndGet();
            RpcMessage answer = parse(channel.ask(id, JsonRpc.initialize(id), true, deadline), -1);
            McpSession agreed = McpSession.of(answer.result(), null);
            channel.tell(JsonRpc.initialized(), true, deadline);
            connected = true;
            return new Session(channel, agreed);
        } catch (McpException e) {
            // Whatever went wrong here: the request that we connect for has not been sent.
            throw new McpException(McpException.Kind.NOT_SENT, "could not connect: " + e.getMessage(), e);
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    @Override
    public void close() {
        Session current = session;
        if (current != null) {
            current.channel().close();
        }
        http.close();
    }
}
