package io.mcpagent.tools;

import org.jspecify.annotations.Nullable;

/** A tool server gave no result. The message is for the log, never for the model. */
final class McpException extends Exception {

    /** What went wrong, by what may have happened at the server. */
    enum FailureKind {
        /** The request did not leave this process: the server was not reached. */
        NOT_SENT,
        /** The server answered that it will not handle the request; nothing happened. */
        REJECTED,
        /** The server does not know the session any more; nothing happened. */
        SESSION_GONE,
        /** The request was sent and no whole answer came back; it may have been carried out. */
        LOST,
        /** The request was sent and no answer came in time; it may have been carried out. */
        TIMEOUT,
        /** The server answered with a JSON-RPC error, see {@link McpException#code()}. */
        ERROR
    }

    private final FailureKind kind;
    private final int code;
    private final String said;

    McpException(FailureKind kind, @Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.code = 0;
        this.said = "";
    }

    McpException(FailureKind kind, String message) {
        this(kind, message, null);
    }

    /** A JSON-RPC error. What the server says is not its message: messages get into the log, where a server must not be able to write lines. */
    McpException(int code, String said) {
        super("JSON-RPC error " + code);
        this.kind = FailureKind.ERROR;
        this.code = code;
        this.said = said;
    }

    FailureKind kind() {
        return kind;
    }

    /** The JSON-RPC error code, or 0. */
    int code() {
        return code;
    }

    /** The server's own words about a JSON-RPC error, or an empty text. */
    String said() {
        return said;
    }

    /** Whether the connection, and what the server knew of us, may be gone. */
    boolean connectionFailed() {
        return kind == FailureKind.NOT_SENT || kind == FailureKind.LOST || kind == FailureKind.SESSION_GONE;
    }
}
