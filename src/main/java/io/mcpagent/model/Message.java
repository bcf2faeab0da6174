package io.mcpagent.model;

import java.util.List;

/** One message of a conversation. Immutable. */
public record Message(Role role, List<Content> content) {

    public Message {
        content = List.copyOf(content);
        if (content.isEmpty()) {
            throw new IllegalArgumentException("a message needs content");
        }
    }

    /** A message of the user that holds one text. */
    public static Message user(String text) {
        return new Message(Role.USER, List.of(new Content.Text(text)));
    }

    /** All text blocks of this message, joined; empty when there is none. */
    public String text() {
        if (content.size() == 1 && content.getFirst() instanceof Content.Text(String only)) {
            return only;
        }
        StringBuilder joined = new StringBuilder();
        for (Content block : content) {
            if (block instanceof Content.Text(String text)) {
                joined.append(text);
            }
        }
        return joined.toString();
    }

    /** The tool calls that this message asks for, in the model's order. */
    public List<Content.ToolUse> toolUses() {
        return content.stream()
                .filter(Content.ToolUse.class::isInstance)
                .map(Content.ToolUse.class::cast)
                .toList();
    }
}
