package io.mcpagent.turn;

import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.TurnOutcome;
import java.util.List;

/**
 * What a turn gave.
 *
 * @param answer    all that the model wrote in this turn; empty if it only asked for tools that wait for approval
 * @param calls     its tool calls
 * @param model     the model that answered
 * @param notices   what the reader must know, such as that the tools were unavailable
 * @param receipt   what it cost
 * @param approvals the calls that wait for a person
 */
public record TurnResult(
        String conversationId,
        String runId,
        TurnOutcome outcome,
        String answer,
        List<CallRecord> calls,
        String model,
        List<String> notices,
        Receipt receipt,
        List<Approval> approvals) {

    public TurnResult {
        calls = List.copyOf(calls);
        notices = List.copyOf(notices);
        approvals = List.copyOf(approvals);
    }
}
