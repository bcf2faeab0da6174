package io.mcpagent.conversation;

import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import java.util.List;

/**
 * A turn that waits for approvals: everything that is needed to go on, on any task.
 *
 * @param runId     the run that asked
 * @param modelId   the model that asked
 * @param messages  the turn so far, ending with the model's message that asks for the tools
 * @param results   results of that message's calls that are known already
 * @param approvals the calls that need a person's word
 * @param calls     the turn's tool calls so far
 * @param receipt   what the turn cost so far
 */
public record PendingTurn(
        String runId,
        String modelId,
        List<Message> messages,
        List<Content.ToolResult> results,
        List<Approval> approvals,
        List<CallRecord> calls,
        Receipt receipt) {

    public PendingTurn {
        messages = List.copyOf(messages);
        results = List.copyOf(results);
        approvals = List.copyOf(approvals);
        calls = List.copyOf(calls);
    }
}
