package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** A request as it came over the wire, and what became of it. Safe to read while the answer is still being sent. */
public final class RecordedRequest {

    private final String path;
    private final Map<String, String> headers;
    private final byte[] body;
    private final Instant arrived = Instant.now();
    private volatile Instant ended;
    private volatile Instant clientClosed;
    private volatile int status;
    private volatile String error = "";
    private volatile int framesSent;

    RecordedRequest(String path, Map<String, String> headers, byte[] body) {
        this.path = path;
        this.headers = headers;
        this.body = body;
    }

    /** The path as sent, still encoded. */
    public String path() {
        return path;
    }

    /** The headers, names in lower case. */
    public Map<String, String> headers() {
        return headers;
    }

    /** The document; a missing node if it is not JSON. */
    public JsonNode body() {
        try {
            return Json.parse(body);
        } catch (IOException e) {
            return Json.MAPPER.missingNode();
        }
    }

    /** Whether it asked for a stream. */
    public boolean stream() {
        return path.endsWith("/converse-stream");
    }

    /** When the whole request was there. */
    public Instant arrived() {
        return arrived;
    }

    /** When the answer was out, or given up; empty while it is under way. */
    public Optional<Instant> ended() {
        return Optional.ofNullable(ended);
    }

    /** When the client closed before it had the whole answer; empty if it did not. */
    public Optional<Instant> clientClosed() {
        return Optional.ofNullable(clientClosed);
    }

    /** HTTP status of the answer, 0 before its head. */
    public int status() {
        return status;
    }

    /** Type of the error that was answered, empty if none. */
    public String error() {
        return error;
    }

    /** Event-stream frames that went out so far; those of a script without delay and fault count when all are out. */
    public int framesSent() {
        return framesSent;
    }

    void answered(int code, String errorType) {
        status = code;
        error = errorType;
    }

    void sent(int frames) {
        framesSent = frames;
    }

    void clientGone() {
        clientClosed = Instant.now();
    }

    void end() {
        ended = Instant.now();
    }

    JsonNode toJson() {
        return Json.object()
                .put("path", path)
                .put("arrived", arrived.toString())
                .put("ended", ended == null ? null : ended.toString())
                .put("clientClosed", clientClosed == null ? null : clientClosed.toString())
                .put("status", status)
                .put("error", error)
                .put("framesSent", framesSent)
                .<ObjectNode>set("headers", Json.MAPPER.valueToTree(headers))
                .set("body", body());
    }
}
