package io.mcpagent.conversation;

import java.time.Duration;
import java.time.InstantSource;

/** The stores in memory, as the service makes them, for tests of other packages. */
public record MemoryStore(Conversations conversations, IdempotentReplies replies) {

    private static final int CAPACITY = 1_000;
    private static final long BYTES = 64 << 20;

    /** New and empty ones. */
    public static MemoryStore empty() {
        OwnedMemory memory = new OwnedMemory(CAPACITY, BYTES, InstantSource.system(), System::nanoTime);
        MemoryIdempotentReplies replies = new MemoryIdempotentReplies(memory);
        return new MemoryStore(new MemoryConversations(Duration.ofDays(1), memory, replies), replies);
    }
}
