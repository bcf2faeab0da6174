package io.mcpagent.turn;

import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.model.Content;
import java.util.List;

/** How the loop of a turn ended. */
sealed interface TurnEnd {

    /** With an answer. */
    record Answered(TurnOutcome outcome, String modelId) implements TurnEnd {}

    /** With calls that wait for a person. */
    record NeedsApproval(String modelId, List<Content.ToolResult> results, List<Approval> approvals)
            implements TurnEnd {}
}
