package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.tools.McpException.FailureKind;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * MCP over the legacy transport, HTTP with SSE. Its session lives in one process of the server, so it can't work with several behind one
 * address. LangChain4j's {@code HttpMcpTransport} would do for the happy path, but the HTTP client in it repeats a POST by itself when a
 * pooled connection breaks, which can run a write twice, and it offers no way to cancel a call.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse">HTTP with SSE</a>
 */
final class SseConnection extends McpConnection<SseConnection.Session> {

    /** The stream of a session, and what was agreed on. */
    record Session(SseChannel channel, McpSession agreed) {}

    SseConnection(McpHttp http, URI url, int resultSize) {
        super(http, url, resultSize);
    }

    @Override
    Session connect(Deadline deadline) throws McpException, InterruptedException {
        SseChannel channel = new SseChannel(http, url, callLimit());
        boolean connected = false;
        try {
            channel.open(deadline);
            long id = nextId();
            RpcMessage answer = parse(channel.ask(id, McpMessages.initialize(id), true, deadline), RpcMessage.NO_CALL);
            McpSession agreed = McpSession.of(answer.resultOrThrow(), null);
            channel.tell(McpMessages.initialized(), true, deadline);
            connected = true;
            return new Session(channel, agreed);
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    @Override
    McpSession agreed(Session session) {
        return session.agreed();
    }

    @Override
    boolean usable(Session session) {
        return session.channel().usable();
    }

    @Override
    void retire(Session session) {
        session.channel().retire();
    }

    @Override
    boolean breaks(Session session, McpException failure) {
        // A stream that failed once, or only seems to, is not trusted again: some servers forget its session without a
        // word.
        return failure.kind() != FailureKind.ERROR && failure.kind() != FailureKind.REJECTED;
    }

    @Override
    @Nullable
    Session better(Session session, Deadline deadline) {
        return null;
    }

    @Override
    RpcMessage ask(Session session, McpRequest request, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException {
        if (!request.caller().address().isEmpty() || !request.caller().headers().isEmpty()) {
            throw new McpException(FailureKind.REJECTED, "this transport can't tell the server who asks");
        }
        return parse(
                session.channel().ask(request.id(), request.json(session.agreed()), fresh, deadline),
                request.resultSize());
    }

    private static RpcMessage parse(SseEvents.Event event, int size) throws McpException {
        try {
            return RpcMessage.read(event.input(), size);
        } catch (IOException e) {
            throw new McpException(FailureKind.LOST, "the answer is not whole JSON");
        }
    }
}
