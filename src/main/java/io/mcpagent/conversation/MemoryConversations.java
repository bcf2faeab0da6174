package io.mcpagent.conversation;

import io.mcpagent.base.Ids;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Conversations in the memory of this process, for development and tests: they end with it, and other tasks don't see them. */
final class MemoryConversations implements Conversations {

    private record Key(String id) {}

    /**
     * A conversation with its lease.
     *
     * @param turnBytes    what its finished turns need, and {@code pendingBytes} the one that waits
     * @param validUntil when its time is over, unless it is leased then
     */
    private record Held(
            Conversation conversation,
            long turnBytes,
            long pendingBytes,
            Instant validUntil,
            @Nullable String leaseRun,
            long leaseEndNanos)
            implements OwnedMemory.Kept {

        @Override
        public long bytes() {
            return Footprint.ENTRY
                    + Footprint.of(conversation.id())
                    + Footprint.of(conversation.owner())
                    + turnBytes
                    + pendingBytes;
        }

        @Override
        public boolean isConversation() {
            return true;
        }

        @Override
        public boolean isInUse(long nanos) {
            return leaseRun != null && nanos - leaseEndNanos < 0;
        }

        /** Its time is over, or its first run ended without storing anything. */
        @Override
        public boolean isOver(long nanos, Instant now) {
            return !isInUse(nanos) && (conversation.version() == 0 || !now.isBefore(validUntil));
        }

        Held leased(@Nullable String runId, long endNanos) {
            return new Held(conversation, turnBytes, pendingBytes, validUntil, runId, endNanos);
        }
    }

    private final Duration ttl;
    private final OwnedMemory memory;
    private final MemoryIdempotentReplies replies;

    /** Conversations that are kept for {@code ttl}, in the same memory as the replies. */
    MemoryConversations(Duration ttl, OwnedMemory memory, MemoryIdempotentReplies replies) {
        this.ttl = ttl;
        this.memory = memory;
        this.replies = replies;
    }

    @Override
    public Optional<Conversation> find(String owner, String id) {
        return memory.step(() -> Optional.ofNullable(held(owner, id)))
                .map(Held::conversation)
                .filter(conversation -> conversation.version() > 0);
    }

    /** The conversation, unless nothing is left of it. */
    private @Nullable Held held(String owner, String id) {
        return (Held) memory.get(owner, new Key(id));
    }

    @Override
    public List<ConversationSummary> list(String owner, int atMost) {
        Instant now = memory.now();
        long nanos = memory.nanos();
        return memory.step(() -> memory.of(owner)).stream()
                .filter(kept -> kept.isConversation() && !kept.isOver(nanos, now))
                .map(kept -> ((Held) kept).conversation)
                .filter(conversation -> conversation.version() > 0)
                .sorted(Comparator.comparing(Conversation::updatedAt).reversed())
                .limit(atMost)
                .map(Titles::summaryOf)
                .toList();
    }

    @Override
    public boolean delete(String owner, String id) {
        return memory.step(() -> {
            Held held = held(owner, id);
            if (held == null) {
                return false;
            }
            if (held.isInUse(memory.nanos())) {
                throw new ConversationBusyException("a turn is running in this conversation");
            }
            memory.remove(owner, new Key(id));
            return true;
        });
    }

    @Override
    public Conversation open(String owner, @Nullable String id, boolean createIfAbsent, String runId, Duration lease) {
        String wanted = id == null ? Ids.random() : id;
        return memory.step(() -> {
            Held held = held(owner, wanted);
            if (held == null) {
                if (id != null && !createIfAbsent) {
                    throw new ConversationNotFoundException("no such conversation");
                }
                Instant now = memory.now();
                held = new Held(new Conversation(wanted, owner, 0, now, now, List.of(), null), 0, 0, now, null, 0);
            } else if (held.isInUse(memory.nanos()) && !runId.equals(held.leaseRun)) {
                throw new ConversationBusyException("another run has this conversation");
            }
            memory.put(owner, new Key(wanted), held.leased(runId, memory.nanos() + lease.toNanos()));
            return held.conversation;
        });
    }

    @Override
    public Conversation save(Conversation opened, String runId, Change change) {
        long appended = Footprint.of(change.append());
        long pending = Footprint.of(change.pending());
        return memory.step(() -> {
            // Not only while the lease lasts: a late save is right as long as nobody else took the conversation.
            Held held = (Held) memory.any(opened.owner(), new Key(opened.id()));
            if (held == null || !runId.equals(held.leaseRun) || held.conversation.version() != opened.version()) {
                throw new ConversationBusyException("the lease was lost to another run");
            }
            Conversation next = held.conversation.with(change, memory.now());
            if (change.reply() != null) {
                replies.answer(change.reply(), runId, change.keepLease());
            }
            Held saved = new Held(
                    next, held.turnBytes + appended, pending, next.updatedAt().plus(ttl), runId, held.leaseEndNanos);
            memory.put(opened.owner(), new Key(opened.id()), change.keepLease() ? saved : saved.leased(null, 0));
            return next;
        });
    }

    @Override
    public void release(Conversation opened, String runId) {
        memory.step(() -> {
            Key key = new Key(opened.id());
            Held held = (Held) memory.any(opened.owner(), key);
            if (held != null && runId.equals(held.leaseRun)) {
                if (held.conversation.version() == 0) {
                    memory.remove(opened.owner(), key);
                } else {
                    memory.put(opened.owner(), key, held.leased(null, 0));
                }
            }
        });
    }

    /** Names the conversations that there are, with their owners. */
    void forEach(BiConsumer<String, String> consumer) {
        memory.step(() -> {
            memory.forEachKey((owner, key) -> {
                if (key instanceof Key(String id)) {
                    consumer.accept(owner, id);
                }
            });
        });
    }
}
