package io.mcpagent.conversation;

import java.time.Duration;

/** The stores in memory, as the service makes them, for tests of other packages. */
public record MemoryStore(Conversations conversations, IdempotentReplies replies) {

    private static final int CAPACITY = 1_000;

    /** New and empty ones. */
    public static MemoryStore empty() {
        MemoryIdempotentReplies replies = new MemoryIdempotentReplies(CAPACITY);
        return new MemoryStore(new MemoryConversations(Duration.ofDays(1), CAPACITY, replies), replies);
    }
}
