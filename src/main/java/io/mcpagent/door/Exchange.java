package io.mcpagent.door;

import io.mcpagent.conversation.Conversation;
import io.mcpagent.turn.Run;
import io.mcpagent.turn.TurnRequest;

/**
 * A request that was accepted: either its turn can run now, or it was answered before.
 *
 * @param run     the turn's run, or null if it was answered before
 * @param opened  the conversation that was taken, or null
 * @param request what the turn is asked, or null
 * @param earlier the answer of before, or null
 */
public record Exchange(Question question, Run run, Conversation opened, TurnRequest request, ChatReply earlier) {

    /** The conversation that it belongs to. */
    public String conversationId() {
        return earlier == null ? opened.id() : earlier.conversationId();
    }

    /** The run that answers it, or has answered it. */
    public String runId() {
        return earlier == null ? run.id() : earlier.runId();
    }
}
