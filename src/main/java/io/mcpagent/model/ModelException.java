package io.mcpagent.model;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
    private final boolean sent;
    private final boolean heard;
    private final transient Duration retryAfter;
    private final @Nullable String advice;

    /** A failure after which nothing of a reply was passed on; see {@link #sent} for the others. */
    public ModelException(Kind kind, @Nullable String message, boolean sent, @Nullable Throwable cause) {
        this(kind, message, sent, false, cause);
    }

    /** See {@link #sent} and {@link #heard}. */
    ModelException(Kind kind, @Nullable String message, boolean sent, boolean heard, @Nullable Throwable cause) {
        this(kind, message, sent, heard, Duration.ZERO, null, cause);
    }

    private ModelException(
            Kind kind,
            @Nullable String message,
            boolean sent,
            boolean heard,
            Duration retryAfter,
            @Nullable String advice,
            @Nullable Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind);
        this.sent = sent;
        this.heard = heard;
        this.retryAfter = retryAfter;
        this.advice = advice;
    }

    /**
     * The service answered with an error status.
     *
     * @param sent       whether the model may have worked on the request all the same
     * @param retryAfter how long the service asks to wait, zero if it does not say
     * @param advice     what can be done about it, in our words, or null
     */
    static ModelException refused(
            Kind kind, String message, boolean sent, Duration retryAfter, @Nullable String advice) {
        return new ModelException(kind, message, sent, false, retryAfter, advice, null);
    }

    public Kind kind() {
        return kind;
    }

    /** Whether the service may have worked on the request of the last attempt, and so may bill it: it left this process, and was not refused. */
    public boolean sent() {
        return sent;
    }

    /** Whether a part of the reply had already been passed on, so that nothing may be retried. */
    public boolean heard() {
        return heard;
    }

    /**
     * Which of the tools that were offered the service says that it refuses; empty if it names none.
     *
     * @param offered as they were in the request
     */
    public Optional<ToolDefinition> refusedTool(List<ToolDefinition> offered) {
        return ServiceErrors.refusedTool(Objects.requireNonNullElse(getMessage(), ""), offered);
    }

    /** Whether what the service said may be about the tools that were offered. */
    public boolean mentionsTools() {
        String said = Objects.requireNonNullElse(getMessage(), "").toLowerCase(Locale.ROOT);
        return said.contains("tool") || said.contains("schema");
    }

    /** What whoever runs the agent can do about it, in our words; null if nothing is known. */
    @Nullable
    String advice() {
        return advice;
    }

    /** How long the service asks to wait before another attempt; zero if it does not say. */
    Duration retryAfter() {
        return retryAfter;
    }
}
