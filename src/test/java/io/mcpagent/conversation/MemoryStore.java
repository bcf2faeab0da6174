package io.mcpagent.conversation;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/** The stores in memory, as the service makes them, for tests of other packages. */
public record MemoryStore(Conversations conversations, IdempotentReplies replies) {

    private static final int CAPACITY = 1_000;
    private static final long BYTES = 64 << 20;

    /** New and empty ones. */
    public static MemoryStore empty() {
        return empty(InstantSource.system(), System::nanoTime);
    }

    /** New and empty ones, whose leases end by that clock. */
    public static MemoryStore empty(MovableClock clock) {
        return empty(clock, clock);
    }

    /** Empty desks. */
    public static ApprovalDesks desks() {
        return new MemoryApprovalDesks(InstantSource.system());
    }

    private static MemoryStore empty(InstantSource clock, LongSupplier nanoTime) {
        OwnedMemory memory = new OwnedMemory(CAPACITY, BYTES, clock, nanoTime);
        MemoryIdempotentReplies replies = new MemoryIdempotentReplies(memory);
        return new MemoryStore(new MemoryConversations(Duration.ofDays(1), memory, replies), replies);
    }
}
