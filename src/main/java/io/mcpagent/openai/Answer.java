package io.mcpagent.openai;

import io.mcpagent.door.ChatReply;
import java.util.StringJoiner;

/** What a reader of a completion must know besides what the model wrote, and how a completion says it. */
final class Answer {

    private Answer() {}

    /** The sentences that belong after the model's text, each a paragraph of its own; empty if there are none. */
    static String after(ChatReply reply) {
        StringJoiner text = new StringJoiner("\n\n");
        // These two are what finish_reason says.
        if (!reply.outcome().equals("max_tokens") && !reply.outcome().equals("guardrail")) {
            reply.notices().forEach(text::add);
        }
        for (ChatReply.Waiting call : reply.approvals()) {
            text.add("The tool `" + call.tool()
                    + "` was not called: it needs a person's approval, which can't be given in this protocol. "
                    + "It would have run with `" + call.arguments().json().replace("`", "'")
                    + "`. Ask on the chat page, or with POST /chat, to approve it.");
        }
        return text.toString();
    }

    /** The whole text. */
    static String text(ChatReply reply) {
        String after = after(reply);
        return reply.answer().isEmpty() || after.isEmpty() ? reply.answer() + after : reply.answer() + "\n\n" + after;
    }

    /** Why the text ends. */
    static String finishReason(ChatReply reply) {
        return switch (reply.outcome()) {
            case "max_tokens" -> "length";
            case "guardrail", "declined" -> "content_filter";
            default -> "stop";
        };
    }

    /** All tokens that were read, from the prompt cache or not. */
    static long promptTokens(ChatReply.Tokens usage) {
        return usage.inputTokens() + usage.cacheReadTokens() + usage.cacheWriteTokens();
    }
}
