package io.mcpagent.conversation;

/** The store does not answer, or refuses to serve; nothing is known to have changed. */
public final class StoreUnavailableException extends RuntimeException {

    public StoreUnavailableException(String message) {
        super(message);
    }

    public StoreUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
