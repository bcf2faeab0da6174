package io.mcpagent.conversation;

/** Another run has the conversation. */
public final class ConversationBusyException extends RuntimeException {

    public ConversationBusyException(String message) {
        super(message);
    }

    public ConversationBusyException(String message, Throwable cause) {
        super(message, cause);
    }
}
