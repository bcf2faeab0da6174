package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.http.HttpExchange;
import io.mcpagent.tools.McpException.FailureKind;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import org.jspecify.annotations.Nullable;

/** One session of the legacy transport: the stream that all answers come by, read by a virtual thread of its own. */
final class SseChannel {

    // Servers forget a session that was idle for ten minutes, while its stream stays open and silent.
    private static final Duration MAX_IDLE = Duration.ofMinutes(5);
    private static final Duration MAX_AGE = Duration.ofMinutes(30);
    private static final Duration STREAM_END = MAX_AGE.plus(MAX_AGE);
    private static final Header ACCEPT = new BasicHeader("Accept", "text/event-stream");

    private final McpHttp http;
    private final URI url;
    private final int limit;
    private final CompletableFuture<URI> endpoint = new CompletableFuture<>();
    private final Map<String, CompletableFuture<SseEvents.Event>> pending = new ConcurrentHashMap<>();
    private final Deadline maxAge = Deadline.in(MAX_AGE);
    private volatile Deadline maxIdle = Deadline.in(MAX_IDLE);
    private volatile boolean retired;
    private volatile boolean ended;
    private volatile @Nullable Thread reader;

    SseChannel(McpHttp http, URI url, int limit) {
        this.http = http;
        this.url = url;
        this.limit = limit;
    }

    /** Opens the stream and waits for the address that requests go to. */
    void open(Deadline deadline) throws McpException, InterruptedException {
        reader = Thread.ofVirtual().name("mcp-sse").start(this::run);
        try {
            endpoint.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            close();
            throw new McpException(FailureKind.NOT_SENT, "no event stream in time");
        } catch (ExecutionException e) {
            throw new McpException(FailureKind.NOT_SENT, "no event stream: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            close();
            throw e;
        }
    }

    /** Sends a request and waits for its answer. */
    SseEvents.Event ask(long id, byte[] json, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException {
        CompletableFuture<SseEvents.Event> answer = new CompletableFuture<>();
        pending.put(Long.toString(id), answer);
        try {
            if (ended) {
                throw new McpException(FailureKind.SESSION_GONE, "the event stream has ended");
            }
            tell(json, fresh, deadline);
            SseEvents.Event event = answer.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
            maxIdle = Deadline.in(MAX_IDLE);
            return event;
        } catch (TimeoutException e) {
            throw new McpException(FailureKind.TIMEOUT, "no answer in time");
        } catch (ExecutionException e) {
            throw new McpException(FailureKind.LOST, "the event stream ended before the answer");
        } finally {
            pending.remove(Long.toString(id));
            closeIfDone();
        }
    }

    /** Sends a message that needs no answer. */
    void tell(byte[] json, boolean fresh, Deadline deadline) throws McpException, InterruptedException {
        McpHttp.Over over = fresh ? McpHttp.Over.FRESH : McpHttp.Over.POOLED;
        int status = http.tell(endpoint.join(), McpSession.noSession(), json, over, deadline);
        if (status == 400 || status == 404) {
            throw new McpException(FailureKind.SESSION_GONE, "the server does not know the session");
        }
        if (status / 100 != 2) {
            throw new McpException(
                    status / 100 == 5 ? FailureKind.LOST : FailureKind.REJECTED, "HTTP status " + status);
        }
    }

    private void run() {
        try {
            http.get(url, ACCEPT, Deadline.in(STREAM_END), this::read);
        } catch (McpException e) {
            endpoint.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended = true;
            endpoint.completeExceptionally(new IOException("the event stream ended at once"));
            pending.values().forEach(answer -> answer.completeExceptionally(new IOException("the event stream ended")));
        }
    }

    private void read(HttpExchange exchange) throws IOException, McpException, InterruptedException {
        if (exchange.status() != 200) {
            throw new McpException(FailureKind.REJECTED, "HTTP status " + exchange.status() + " for the event stream");
        }
        SseEvents events = new SseEvents(exchange.body(), limit);
        SseEvents.Event event;
        while ((event = events.next()) != null) {
            if (event.type.equals("endpoint")) {
                endpoint.complete(atOurServer(event.text()));
            } else if (event.type.equals("message")) {
                receive(event);
            }
        }
    }

    private void receive(SseEvents.Event event) throws IOException, McpException, InterruptedException {
        RpcMessage message = RpcMessage.peek(event.input());
        if (message.asks()) {
            tell(McpMessages.answer(message), false, Deadline.in(Duration.ofSeconds(2)));
        } else if (message.id() != null) {
            CompletableFuture<SseEvents.Event> answer = pending.get(message.id().asText());
            if (answer != null) {
                answer.complete(event);
            }
        }
    }

    /** A server can name another path, but never send our requests, or what they carry, to another host. */
    private URI atOurServer(String named) throws IOException {
        try {
            URI resolved = url.resolve(named.strip());
            String query = resolved.getRawQuery() == null ? "" : "?" + resolved.getRawQuery();
            return URI.create(url.getScheme() + "://" + url.getRawAuthority() + resolved.getRawPath() + query);
        } catch (IllegalArgumentException e) {
            throw new IOException("the server named an endpoint that is no address");
        }
    }

    /** Whether new requests may go by it. */
    boolean usable() {
        return !ended && !retired && !maxAge.passed() && !maxIdle.passed();
    }

    /** Takes no more requests, and closes when the last answer has come. */
    void retire() {
        retired = true;
        closeIfDone();
    }

    private void closeIfDone() {
        if (retired && pending.isEmpty()) {
            close();
        }
    }

    void close() {
        retired = true;
        Thread running = reader;
        if (running != null) {
            running.interrupt();
        }
    }
}
