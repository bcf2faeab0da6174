package io.mcpagent.door;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A conversation, as {@code GET /chat/{id}} shows it.
 *
 * @param turns       its finished turns, oldest first
 * @param approvals   the tool calls that wait for a person
 * @param pendingTurn the turn that waits for them, as far as it has come; null where none waits
 */
public record ConversationView(
        String conversationId,
        Instant createdAt,
        Instant updatedAt,
        List<TurnView> turns,
        List<ChatReply.Waiting> approvals,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable TurnView pendingTurn) {

    /**
     * One turn.
     *
     * @param message what was asked
     * @param answer  all that the model wrote
     */
    public record TurnView(
            String runId,
            Instant at,
            String message,
            String answer,
            @Nullable String model,
            List<ChatReply.ToolCall> toolCalls,
            ChatReply.@Nullable Bill receipt) {

        static TurnView of(TurnRecord turn) {
            return new TurnView(
                    turn.runId(),
                    turn.at(),
                    texts(turn.messages(), Role.USER),
                    texts(turn.messages(), Role.ASSISTANT),
                    turn.modelId(),
                    calls(turn.calls(), results(turn.messages())),
                    bill(turn.receipt()));
        }

        static TurnView of(PendingTurn turn, Instant at) {
            return new TurnView(
                    turn.runId(),
                    at,
                    texts(turn.messages(), Role.USER),
                    texts(turn.messages(), Role.ASSISTANT),
                    turn.modelId(),
                    calls(turn.calls(), Stream.concat(results(turn.messages()), turn.results().stream())),
                    bill(turn.receipt()));
        }
    }

    /** What is shown of a conversation. */
    public static ConversationView of(Conversation conversation) {
        PendingTurn pending = conversation.pending();
        return new ConversationView(
                conversation.id(),
                conversation.createdAt(),
                conversation.updatedAt(),
                conversation.turns().stream().map(TurnView::of).toList(),
                pending == null ? List.of() : ChatReply.Waiting.of(pending.approvals()),
                pending == null ? null : TurnView.of(pending, conversation.updatedAt()));
    }

    private static ChatReply.@Nullable Bill bill(@Nullable Receipt receipt) {
        return receipt == null ? null : ChatReply.Bill.of(receipt);
    }

    private static String texts(List<Message> messages, Role role) {
        return messages.stream()
                .filter(message -> message.role() == role)
                .map(message -> message.text().strip())
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("\n\n"));
    }

    private static Stream<Content.ToolResult> results(List<Message> messages) {
        return messages.stream()
                .flatMap(message -> message.content().stream())
                .filter(Content.ToolResult.class::isInstance)
                .map(Content.ToolResult.class::cast);
    }

    private static List<ChatReply.ToolCall> calls(List<CallRecord> calls, Stream<Content.ToolResult> results) {
        Map<String, String> texts = results.collect(
                Collectors.toMap(Content.ToolResult::toolUseId, Content.ToolResult::text, (first, second) -> first));
        return calls.stream()
                .map(call -> ChatReply.ToolCall.of(call, texts.get(call.id())))
                .toList();
    }
}
