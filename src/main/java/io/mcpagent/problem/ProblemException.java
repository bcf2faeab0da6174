package io.mcpagent.problem;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Ends a request with a {@link Problem}. The detail reaches the caller: it is always one of our own sentences. */
public final class ProblemException extends RuntimeException {

    private final transient Problem problem;
    private final String detail;
    private final transient @Nullable Duration retryAfter;

    public ProblemException(Problem problem, String detail) {
        this(problem, detail, null, null);
    }

    /**
     * @param retryAfter when it may work, or null if that can't be said
     * @param cause what is behind it, for the log only
     */
    public ProblemException(Problem problem, String detail, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        // No stack trace: this is an answer, not a fault, and it is made thousands of times a second under overload.
        super(detail, cause, false, false);
        this.problem = Objects.requireNonNull(problem);
        this.detail = detail;
        this.retryAfter = retryAfter;
    }

    public Problem problem() {
        return problem;
    }

    /** What exactly went wrong, in a sentence for the caller. */
    public String detail() {
        return detail;
    }

    /** When it may work, or null if that can't be said. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
