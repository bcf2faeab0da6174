package io.mcpagent.conversation;

/** The conversation is absent, or somebody else's: a caller can't tell which. */
public final class ConversationNotFoundException extends RuntimeException {

    public ConversationNotFoundException(String message) {
        super(message);
    }

    public ConversationNotFoundException(String message, Throwable cause) {
        super(message, cause);
    }
}
