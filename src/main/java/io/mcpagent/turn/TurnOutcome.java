package io.mcpagent.turn;

/** How a turn ended. */
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
    GUARDRAIL
}
