package io.mcpagent.turn;

import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.Role;
import io.mcpagent.model.StopReason;
import java.util.ArrayList;
import java.util.List;

/** Makes of a model's reply what may be kept: Converse refuses blank texts, empty messages, and tool calls without a result. */
final class Answers {

    private Answers() {}

    /** Whether the model waits for tools. A call that was cut by the length limit is none: its arguments are incomplete. */
    static boolean asksForTools(ModelReply reply) {
        return reply.stopReason() == StopReason.TOOL_USE
                && reply.content().stream().anyMatch(Content.ToolUse.class::isInstance);
    }

    /** The tools that the model wants, in its order. */
    static List<Content.ToolUse> toolUses(ModelReply reply) {
        return reply.content().stream()
                .filter(Content.ToolUse.class::isInstance)
                .map(Content.ToolUse.class::cast)
                .toList();
    }

    /** The message to keep. */
    static Message message(ModelReply reply) {
        boolean withTools = asksForTools(reply);
        List<Content> kept = new ArrayList<>();
        for (Content block : reply.content()) {
            switch (block) {
                case Content.Text(String text) when text.isBlank() -> {}
                case Content.ToolUse _ when !withTools -> {}
                default -> kept.add(block);
            }
        }
        // Reasoning alone is no answer, and Converse refuses it as one.
        if (kept.stream().allMatch(Content.Reasoning.class::isInstance)) {
            kept.add(new Content.Text(Texts.NO_ANSWER));
        }
        return new Message(Role.ASSISTANT, kept);
    }
}
