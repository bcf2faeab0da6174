package io.mcpagent.tools;

/**
 * What a tool call gave.
 *
 * @param outcome how it ended
 * @param text    what the model gets to read: the rows joined, {@code []} for none, or a plain sentence on the failure; never blank
 * @param millis  how long it took
 */
public record ToolAnswer(ToolOutcome outcome, String text, long millis) {

    /** Whether the model is told that the call failed. */
    public boolean isError() {
        return outcome != ToolOutcome.OK;
    }
}
