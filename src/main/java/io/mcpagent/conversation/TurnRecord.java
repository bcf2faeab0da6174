package io.mcpagent.conversation;

import io.mcpagent.model.Message;
import java.time.Instant;
import java.util.List;

/**
 * A finished turn, as it is stored: whole or not at all.
 *
 * @param runId    the run that made it
 * @param at       when it ended
 * @param modelId  the model that gave the answer
 * @param messages from the user's message to the answer, alternating
 * @param calls    its tool calls
 * @param receipt  what it cost
 */
public record TurnRecord(
        String runId, Instant at, String modelId, List<Message> messages, List<CallRecord> calls, Receipt receipt) {

    public TurnRecord {
        messages = List.copyOf(messages);
        calls = List.copyOf(calls);
    }
}
