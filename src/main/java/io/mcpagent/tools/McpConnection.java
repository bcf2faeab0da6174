package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.model.Arguments;
import io.mcpagent.tools.McpException.FailureKind;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Speaks MCP with one tool server. Connects when it is first used and again after every failure, so it never has to be replaced. Blocks the
 * calling (virtual) thread; interrupting that closes the request. Safe for use by many threads.
 *
 * @param <S> what the transport keeps of a session
 */
abstract sealed class McpConnection<S> implements AutoCloseable permits StreamableHttpConnection, SseConnection {

    /** What a call may read of the server's answer for each byte that the model gets: enough to count the rows that are left out. */
    private static final int READ_FACTOR = 64;

    private static final int LEAST_READ = 1 << 20;
    // Against a server that never stops to name a next page.
    private static final int MOST_PAGES = 100;

    private static final Duration UNKNOWN_TTL = Duration.ofDays(1);
    private static final long LEAST_TTL_MILLIS = 1_000;

    final McpHttp http;
    final URI url;
    private final int resultSize;
    private final AtomicLong ids = new AtomicLong();
    private final ReentrantLock connecting = new ReentrantLock();
    private final AtomicReference<@Nullable S> session = new AtomicReference<>();

    /**
     * A list of tools.
     *
     * @param tools as the server describes them
     * @param ttl   how long the server lets it be kept
     */
    record Listed(List<JsonNode> tools, Duration ttl) {}

    McpConnection(McpHttp http, URI url, int resultSize) {
        this.http = http;
        this.url = url;
        this.resultSize = resultSize;
    }

    /** The connection for the configured URL: its path alone decides on the transport. */
    static McpConnection<?> to(AgentConfig.ToolsSettings config, Timers timers) {
        URI url = URI.create(config.url());
        McpHttp http = new McpHttp(url, config.connectTimeout(), config.maxConnections(), timers);
        int resultSize = Math.toIntExact(config.maxResultSize().asLongValue());
        return url.getPath() != null && url.getPath().endsWith("/sse")
                ? new SseConnection(http, url, resultSize)
                : new StreamableHttpConnection(http, url, resultSize);
    }

    /**
     * Asks for all pages of the list of tools.
     *
     * @param fresh as for a call
     * @return the tools as the server describes them; none if it does not have the capability
     */
    Listed listTools(boolean fresh, Deadline deadline) throws McpException, InterruptedException {
        S current = renewed(session(deadline), deadline);
        if (!agreed(current).offersTools()) {
            // So that it is asked again the next time.
            forget(current);
            return new Listed(List.of(), UNKNOWN_TTL);
        }
        Duration ttl = UNKNOWN_TTL;
        List<JsonNode> tools = new ArrayList<>();
        String cursor = null;
        for (int i = 0; i < MOST_PAGES; i++) {
            JsonNode page = send(McpMessages.listTools(nextId(), cursor), fresh, deadline)
                    .resultOrThrow();
            page.path("tools").forEach(tools::add);
            Duration said = ttl(page.path("ttlMs"));
            ttl = said.compareTo(ttl) < 0 ? said : ttl;
            cursor = page.path("nextCursor").asText(null);
            if (cursor == null || cursor.isEmpty()) {
                return new Listed(tools, ttl);
            }
        }
        throw new McpException(FailureKind.REJECTED, "the list of tools has no end");
    }

    private static Duration ttl(JsonNode millis) {
        // However short it is: turns that come at once need not each have the list asked for.
        return millis.isNumber() ? Duration.ofMillis(Math.max(LEAST_TTL_MILLIS, millis.asLong())) : UNKNOWN_TTL;
    }

    /**
     * Calls a tool once. Never sends a call twice, unless the server said that it did not handle the first.
     *
     * @param name        the tool's name at the server
     * @param arguments   the JSON text of one object
     * @param caller      what goes along of the caller
     * @param traceparent the W3C trace context, or null
     * @param fresh       whether a new network connection is to be used, since a pooled one may be dead without our knowing; if it leads nowhere,
     *                    the call was not sent
     */
    CallAnswer callTool(
            String name,
            Arguments arguments,
            CallerValues caller,
            @Nullable String traceparent,
            boolean fresh,
            Deadline deadline)
            throws McpException, InterruptedException {
        McpRequest request = McpMessages.callTool(nextId(), name, arguments, caller, traceparent, resultSize);
        CallAnswer answer = send(request, fresh, deadline).call();
        if (answer == null) {
            throw new McpException(FailureKind.LOST, "the result of a tool call is not an object");
        }
        return answer;
    }

    private RpcMessage send(McpRequest request, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            S current = session(deadline);
            try {
                return ask(current, request, fresh, deadline).orThrow();
            } catch (McpException e) {
                if (breaks(current, e)) {
                    forget(current);
                }
                // The server refused to look at it, so that even a write may be sent to the next session.
                if (e.kind() != FailureKind.SESSION_GONE || attempt == 2) {
                    throw e;
                }
            }
        }
    }

    private S session(Deadline deadline) throws McpException, InterruptedException {
        S current = session.get();
        if (current != null && usable(current)) {
            return current;
        }
        if (!connecting.tryLock(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
            throw new McpException(FailureKind.NOT_SENT, "not connected in time");
        }
        try {
            current = session.get();
            if (current == null || !usable(current)) {
                if (current != null) {
                    retire(current);
                }
                current = connect(deadline);
                session.set(current);
            }
            return current;
        } catch (McpException e) {
            // Whatever went wrong here: the request that we connect for has not been sent.
            throw new McpException(
                    e.kind() == FailureKind.REJECTED ? FailureKind.REJECTED : FailureKind.NOT_SENT,
                    "could not connect: " + e.getMessage(),
                    e);
        } finally {
            connecting.unlock();
        }
    }

    /** Connects anew the next time, unless somebody has done so already. */
    private void forget(S gone) {
        if (session.compareAndSet(gone, null)) {
            retire(gone);
        }
    }

    final long nextId() {
        return ids.incrementAndGet();
    }

    /** How many bytes of an answer to a tool call are read at most. */
    final int callLimit() {
        return Math.max(LEAST_READ, Math.multiplyExact(resultSize, READ_FACTOR));
    }

    /** The session that there is now, or null. */
    final @Nullable S current() {
        return session.get();
    }

    /** The session to ask for the list of tools in: a server that was replaced meanwhile may be able to do more. */
    private S renewed(S current, Deadline deadline) throws InterruptedException {
        @Nullable S better = better(current, deadline);
        if (better == null || !session.compareAndSet(current, better)) {
            return current;
        }
        retire(current);
        return better;
    }

    /** A session in which the server can do more than in this one, or null if there is none. */
    abstract @Nullable S better(S session, Deadline deadline) throws InterruptedException;

    /** Connects, and agrees with the server on a session. */
    abstract S connect(Deadline deadline) throws McpException, InterruptedException;

    /** What was agreed on in a session. */
    abstract McpSession agreed(S session);

    /** Whether new requests may go by it. */
    abstract boolean usable(S session);

    /** It takes no more requests. */
    abstract void retire(S session);

    /** Whether the session is not to be trusted any more after a request by it has failed. */
    abstract boolean breaks(S session, McpException failure);

    /** Sends one request and waits for its answer. */
    abstract RpcMessage ask(S session, McpRequest request, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException;

    /** Closes all that is open; calls that still run fail. */
    @Override
    public void close() {
        S open = session.get();
        if (open != null) {
            retire(open);
        }
        http.close();
    }
}
