package io.mcpagent.tools;

import org.jspecify.annotations.Nullable;

/**
 * What a tool call gave.
 *
 * @param outcome how it ended
 * @param text    what the model gets to read: the rows joined, {@code []} for none, or a plain sentence on the failure; never blank
 * @param millis  how long it took
 * @param rows    how many rows it gave; null if that is not known
 */
public record ToolAnswer(
        ToolOutcome outcome,
        String text,
        long millis,
        @Nullable Long rows) {

    /** An answer without rows. */
    public ToolAnswer(ToolOutcome outcome, String text, long millis) {
        this(outcome, text, millis, null);
    }

    /** Whether the model is told that the call failed. */
    public boolean isError() {
        return outcome != ToolOutcome.OK;
    }
}
