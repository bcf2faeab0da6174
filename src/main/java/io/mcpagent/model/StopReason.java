package io.mcpagent.model;

/** Why the model stopped. */
public enum StopReason {
    END_TURN,
    TOOL_USE,
    MAX_TOKENS,
    STOP_SEQUENCE,
    GUARDRAIL_INTERVENED,
    CONTENT_FILTERED,
    CONTEXT_WINDOW_EXCEEDED,
    /** The model, or a classifier before it, will not answer. */
    REFUSAL,
    /** What it wrote as a tool call, or as a message, was none. */
    MALFORMED,
    /** A reason that this version does not know; treated as the end of the turn. */
    OTHER;

    /** The reason that the service calls {@code wire}, such as {@code end_turn}. */
    public static StopReason of(String wire) {
        return switch (wire) {
            case "end_turn" -> END_TURN;
            case "tool_use" -> TOOL_USE;
            case "max_tokens" -> MAX_TOKENS;
            case "stop_sequence" -> STOP_SEQUENCE;
            case "guardrail_intervened" -> GUARDRAIL_INTERVENED;
            case "content_filtered" -> CONTENT_FILTERED;
            case "model_context_window_exceeded" -> CONTEXT_WINDOW_EXCEEDED;
            case "refusal" -> REFUSAL;
            case "malformed_tool_use", "malformed_model_output" -> MALFORMED;
            default -> OTHER;
        };
    }
}
