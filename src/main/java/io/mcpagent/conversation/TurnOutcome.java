package io.mcpagent.conversation;

import io.mcpagent.problem.Problem;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a turn ended. It is decided once; the answer, the event, the log, the metric and the span all say the same word. */
public enum TurnOutcome {
    /** The model gave its answer. */
    COMPLETED,
    /** A tool call waits for a person. */
    APPROVAL_REQUIRED,
    /** The model asked for tools more often than a turn may. */
    STEP_LIMIT,
    /** The answer reached the longest length. */
    MAX_TOKENS,
    /** The guardrail, or the model's own filter, stepped in. */
    GUARDRAIL,
    /** The model would not answer. */
    DECLINED,
    /** What the model wrote could not be used. */
    MALFORMED,
    /** Its client left or stopped it, or the process ended. */
    CANCELLED,
    /** It was not run, or not to its end, for a reason that lies with its caller. */
    REFUSED,
    /** Something broke: the model, the store, or the agent itself. */
    FAILED;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The outcome of a turn that ends with this problem. */
    public static TurnOutcome of(Problem problem) {
        return switch (problem) {
            case TURN_CANCELLED, SHUTTING_DOWN -> CANCELLED;
            default -> problem.status() < 500 ? REFUSED : FAILED;
        };
    }

    /** The outcome of that word; null if there is none, as in what a later version stored. */
    static @Nullable TurnOutcome of(@Nullable String word) {
        for (TurnOutcome outcome : values()) {
            if (outcome.word.equals(word)) {
                return outcome;
            }
        }
        return null;
    }

    /** The outcome as it is told everywhere outside: in lower case. */
    public String word() {
        return word;
    }
}
