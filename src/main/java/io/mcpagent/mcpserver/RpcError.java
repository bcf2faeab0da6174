package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.jsonrpc.JsonRpc;
import org.jspecify.annotations.Nullable;

/** A request can't be answered. The message reaches the client: it is always one of our own sentences. */
final class RpcError extends RuntimeException {

    static final int RESOURCE_NOT_FOUND = -32002;
    static final int UNAVAILABLE = -32000;
    static final int HEADER_MISMATCH = -32020;
    static final int UNSUPPORTED_VERSION = -32022;

    private final int code;
    private final transient @Nullable JsonNode data;

    RpcError(int code, String message) {
        this(code, message, null);
    }

    RpcError(int code, String message, @Nullable JsonNode data) {
        super(message, null, false, false);
        this.code = code;
        this.data = data;
    }

    /** The HTTP status that a stateless request hears it under. */
    int status() {
        return switch (code) {
            case HEADER_MISMATCH, UNSUPPORTED_VERSION -> 400;
            case JsonRpc.METHOD_NOT_FOUND -> 404;
            default -> 200;
        };
    }

    @Nullable
    JsonNode data() {
        return data;
    }

    int code() {
        return code;
    }
}
