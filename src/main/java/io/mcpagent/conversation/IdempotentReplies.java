package io.mcpagent.conversation;

import java.time.Duration;

/**
 * Remembers the answers to requests that carried an {@code Idempotency-Key}, for a day. Safe for use by many threads and tasks.
 *
 * @see <a href="https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/">The Idempotency-Key HTTP Header Field</a>
 */
public interface IdempotentReplies {

    /** What is known of a key. */
    sealed interface Claim {
        /** The key is new, and now this request's: it ends with {@link Conversations#save} or {@link #abandon}. */
        record Claimed() implements Claim {}

        /** A request with this key is still running. */
        record Running() implements Claim {}

        /** The key belongs to another request. */
        record Mismatch() implements Claim {}

        /** The request was answered before. */
        record AlreadyAnswered(String body) implements Claim {}
    }

    /**
     * An answer to be remembered.
     *
     * @param owner the verified subject
     * @param key   the header's value
     * @param requestHash SHA-256, in hex, of what was asked
     * @param body  the JSON answer
     */
    record Reply(String owner, String key, String requestHash, String body) {}

    /**
     * Claims the key for a request, for {@code lease} at most (the process may die). A run that claims again what it has claimed has it.
     *
     * @param requestHash SHA-256, in hex, of what is asked
     * @param runId       the run that answers the request
     * @throws StoreUnavailableException if the store does not answer; what it may have taken all the same is given back in the background
     */
    Claim claim(String owner, String key, String requestHash, String runId, Duration lease);

    /**
     * The request failed: the key is free again, unless it was answered or is another run's. If the store does not answer, that is done in the
     * background.
     */
    void abandon(String owner, String key, String runId);
}
