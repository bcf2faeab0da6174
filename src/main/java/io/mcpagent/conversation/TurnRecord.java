package io.mcpagent.conversation;

import io.mcpagent.model.Message;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finished turn, as it is stored: whole or not at all.
 *
 * @param runId    the run that made it
 * @param at       when it ended
 * @param modelId  the model that gave the answer; null in a turn that its caller brought along
 * @param messages from the user's message to the answer, alternating
 * @param calls    its tool calls
 * @param receipt  what it cost; null in a turn that its caller brought along
 * @param outcome  how it ended; null in one that its caller brought along, or that an earlier version stored
 */
public record TurnRecord(
        String runId,
        Instant at,
        @Nullable String modelId,
        List<Message> messages,
        List<CallRecord> calls,
        @Nullable Receipt receipt,
        @Nullable TurnOutcome outcome) {

    /** A turn of which it is not known how it ended. */
    public TurnRecord(
            String runId,
            Instant at,
            @Nullable String modelId,
            List<Message> messages,
            List<CallRecord> calls,
            @Nullable Receipt receipt) {
        this(runId, at, modelId, messages, calls, receipt, null);
    }

    public TurnRecord {
        messages = List.copyOf(messages);
        calls = List.copyOf(calls);
    }
}
