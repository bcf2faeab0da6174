package io.mcpagent.conversation;

import io.mcpagent.model.Usage;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a turn cost.
 *
 * @param modelCalls requests that a model was sent, with those that were sent again or broke off, without those that the service refused
 * @param usage      tokens, as the service counted them; where it did not say, the most that they can have been
 * @param dollars    US dollars by the configured prices; null if the model has no price
 * @param toolCalls  tool calls that were made
 * @param millis     from the request to the end of the turn
 */
public record Receipt(int modelCalls, Usage usage, @Nullable BigDecimal dollars, int toolCalls, long millis) {}
