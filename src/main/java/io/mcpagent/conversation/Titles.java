package io.mcpagent.conversation;

import io.mcpagent.model.Message;
import java.util.List;

/** How a conversation is named in a list. */
final class Titles {

    private static final int LONGEST = 80;

    private Titles() {}

    static ConversationSummary summaryOf(Conversation conversation) {
        return new ConversationSummary(
                conversation.id(),
                titleOf(conversation),
                conversation.createdAt(),
                conversation.updatedAt(),
                conversation.turns().size());
    }

    /** The beginning of the first message, on one line; empty when there is none. */
    static String titleOf(Conversation conversation) {
        if (!conversation.turns().isEmpty()) {
            return titleOf(conversation.turns().getFirst().messages());
        }
        return conversation.pending() == null
                ? ""
                : titleOf(conversation.pending().messages());
    }

    private static String titleOf(List<Message> messages) {
        String text = messages.isEmpty() ? "" : messages.getFirst().text();
        // A bounded look at the text: a message may be large, its title is not.
        String line =
                text.substring(0, Math.min(text.length(), 4 * LONGEST)).strip().replaceAll("\\s+", " ");
        if (line.codePointCount(0, line.length()) <= LONGEST) {
            return line;
        }
        return line.substring(0, line.offsetByCodePoints(0, LONGEST - 1)) + "…";
    }
}
