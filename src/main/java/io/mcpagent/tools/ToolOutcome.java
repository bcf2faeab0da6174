package io.mcpagent.tools;

/** How a tool call ended, as the answer and the metrics name it. */
public enum ToolOutcome {
    /** The tool answered. */
    OK,
    /** The tool answered with an error, such as a wrong argument. */
    ERROR,
    /** There is no tool of that name. */
    UNKNOWN_TOOL,
    /** The policy forbids this tool. */
    DENIED,
    /** It waits for a person's approval. */
    APPROVAL_REQUIRED,
    /** A person declined it, or nobody approved it in time. */
    DECLINED,
    /** The tool server could not be reached; the call did not happen. */
    UNAVAILABLE,
    /** It took longer than a tool call may take; it was cancelled. */
    TIMEOUT,
    /** A write was begun and its end is not known; it is never repeated. */
    OUTCOME_UNKNOWN
}
