package io.mcpagent.conversation;

import io.mcpagent.model.Usage;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a turn cost.
 *
 * @param modelCalls model calls that were answered
 * @param usage      tokens, as the service counted them
 * @param dollars    US dollars by the configured prices; null if the model has no price
 * @param toolCalls  tool calls that were made
 * @param millis     from the request to the end of the turn
 */
public record Receipt(int modelCalls, Usage usage, @Nullable BigDecimal dollars, int toolCalls, long millis) {}
