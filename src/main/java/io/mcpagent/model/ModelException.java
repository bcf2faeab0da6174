package io.mcpagent.model;

import java.time.Duration;
import java.util.Objects;

/** The model did not reply. The message is for the log; a caller of the service only learns the {@link Kind}. */
public final class ModelException extends Exception {

    /** What went wrong, by what can be done about it. */
    public enum Kind {
        /** Too many requests or tokens; worth a retry. */
        THROTTLED,
        /** The service failed or could not be reached; worth a retry. */
        UNAVAILABLE,
        /** Silent for too long, or past the deadline. */
        TIMEOUT,
        /** The stream ended too early or was damaged. */
        BROKEN_STREAM,
        /** The service refused the request as it is. */
        INVALID,
        /** No credentials, no permission, or no such model for this account. */
        ACCESS,
        /** The breaker is open: nothing was sent. */
        BREAKER_OPEN
    }

    private final Kind kind;
    private final boolean begun;
    private final transient Duration retryAfter;

    public ModelException(Kind kind, String message, boolean begun, Throwable cause) {
        this(kind, message, begun, Duration.ZERO, cause);
    }

    /** A failure that the service answered at once, with the time that it asks to wait; zero if it does not say. */
    ModelException(Kind kind, String message, Duration retryAfter) {
        this(kind, message, false, retryAfter, null);
    }

    private ModelException(Kind kind, String message, boolean begun, Duration retryAfter, Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind);
        this.begun = begun;
        this.retryAfter = retryAfter;
    }

    public Kind kind() {
        return kind;
    }

    /** Whether a part of the reply had already been passed on, so that nothing may be retried. */
    public boolean begun() {
        return begun;
    }

    /** How long the service asks to wait before another attempt; zero if it does not say. */
    Duration retryAfter() {
        return retryAfter;
    }
}
