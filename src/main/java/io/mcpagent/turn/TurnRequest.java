package io.mcpagent.turn;

import io.mcpagent.conversation.IdempotentReplies;
import io.mcpagent.conversation.TurnRecord;
import java.util.List;
import java.util.function.Function;

/**
 * What a caller asks of a turn.
 *
 * @param owner          the verified subject
 * @param conversationId the conversation, or null for a new one
 * @param createIfAbsent whether an absent conversation begins under that id
 * @param message        what is asked; null for a turn that only goes on after approvals
 * @param streaming      whether the model's reply is wanted as it comes
 * @param reply          makes the stored answer of an idempotent request, or null
 * @param history        the turns before it, where the caller keeps the conversation and nothing is stored; null where it is kept here
 */
public record TurnRequest(
        String owner,
        String conversationId,
        boolean createIfAbsent,
        String message,
        boolean streaming,
        Function<TurnResult, IdempotentReplies.Reply> reply,
        List<TurnRecord> history) {

    public TurnRequest {
        history = history == null ? null : List.copyOf(history);
    }

    /** Whether the conversation is kept here. */
    boolean stored() {
        return history == null;
    }
}
