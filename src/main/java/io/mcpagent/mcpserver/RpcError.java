package io.mcpagent.mcpserver;

/** A request can't be answered. The message reaches the client: it is always one of our own sentences. */
final class RpcError extends RuntimeException {

    static final int RESOURCE_NOT_FOUND = -32002;
    static final int UNAVAILABLE = -32000;

    private final int code;

    RpcError(int code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }
}
