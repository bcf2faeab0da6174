package io.mcpagent.conversation;

import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What things need in the memory of this process, in bytes: an estimate on the high side, with the objects around the texts. */
final class Footprint {

    /** An entry of a map with its key and the records in it. */
    static final long ENTRY = 600;

    private static final long TEXT = 56;
    private static final long PART = 96;
    private static final long TURN = 480;

    private Footprint() {}

    static long of(@Nullable String text) {
        return text == null ? 0 : TEXT + (isLatin(text) ? text.length() : 2L * text.length());
    }

    /** The virtual machine keeps a text of these characters alone in one byte each, any other in two. */
    private static boolean isLatin(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xFF) {
                return false;
            }
        }
        return true;
    }

    static long of(@Nullable TurnRecord turn) {
        return turn == null
                ? 0
                : TURN + of(turn.runId()) + of(turn.modelId()) + messages(turn.messages()) + calls(turn.calls());
    }

    static long of(@Nullable PendingTurn pending) {
        if (pending == null) {
            return 0;
        }
        long bytes = TURN + of(pending.runId()) + of(pending.modelId());
        for (Approval approval : pending.approvals()) {
            bytes += PART
                    + of(approval.callId())
                    + of(approval.tool())
                    + of(approval.arguments().json())
                    + of(approval.fingerprint())
                    + approval.approvers().stream().mapToLong(Footprint::of).sum()
                    + of(approval.approvedBy());
        }
        return bytes + messages(pending.messages()) + blocks(pending.results()) + calls(pending.calls());
    }

    private static long messages(List<Message> messages) {
        return messages.stream()
                .mapToLong(message -> PART + blocks(message.content()))
                .sum();
    }

    private static long blocks(List<? extends Content> blocks) {
        long bytes = 0;
        for (Content block : blocks) {
            bytes += PART
                    + switch (block) {
                        case Content.Text(String text) -> of(text);
                        case Content.Note(String text, int _) -> of(text);
                        case Content.ToolUse(String id, String name, Arguments input) ->
                            of(id) + of(name) + of(input.json());
                        case Content.ToolResult(String id, String text, boolean _) -> of(id) + of(text);
                        case Content.Reasoning(String text, String signature, String redacted, Content.Origin origin) ->
                            of(text)
                                    + of(signature)
                                    + of(redacted)
                                    + (origin == null ? 0 : of(origin.model()) + of(origin.prefix()));
                    };
        }
        return bytes;
    }

    private static long calls(List<CallRecord> calls) {
        return calls.stream()
                .mapToLong(call -> PART
                        + of(call.id())
                        + of(call.name())
                        + of(call.arguments().json()))
                .sum();
    }
}
