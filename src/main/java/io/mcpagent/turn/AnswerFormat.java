package io.mcpagent.turn;

/** Writes an answer as it is kept for the requests that repeat an {@code Idempotency-Key}. Safe for use by many threads. */
@FunctionalInterface
public interface AnswerFormat {

    /** The text that is kept, and given as {@link OpenTurn#earlierAnswer} to whoever repeats the request. */
    String write(TurnResult result);
}
