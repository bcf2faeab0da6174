package io.mcpagent.conversation;

import io.mcpagent.model.Arguments;
import io.mcpagent.tools.ToolOutcome;

/**
 * A tool call of a turn, as the answer shows it.
 *
 * @param id         the model's id of the call
 * @param name       the tool
 * @param arguments  the JSON text of the arguments
 * @param outcome    how it ended
 * @param durationMs how long it took, in milliseconds
 */
public record CallRecord(String id, String name, Arguments arguments, ToolOutcome outcome, long durationMs) {}
