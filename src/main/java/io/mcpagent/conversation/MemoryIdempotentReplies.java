package io.mcpagent.conversation;

import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** Idempotent replies in the memory of this process, for development and tests. */
final class MemoryIdempotentReplies implements IdempotentReplies {

    /** How long an answer is remembered. */
    static final Duration KEPT = Duration.ofHours(24);

    private record Key(String owner, String key) {}

    /** @param body null while the request is running */
    private record Entry(String requestHash, String body, long endNanos) {}

    private final ConcurrentHashMap<Key, Entry> entries = new ConcurrentHashMap<>();
    private final ReentrantLock eviction = new ReentrantLock();
    private final int capacity;
    private final LongSupplier nanoTime;

    MemoryIdempotentReplies(int capacity) {
        this(capacity, System::nanoTime);
    }

    MemoryIdempotentReplies(int capacity, LongSupplier nanoTime) {
        this.capacity = capacity;
        this.nanoTime = nanoTime;
    }

    @Override
    public Claim claim(String owner, String key, String requestHash, Duration lease) {
        Entry mine = new Entry(requestHash, null, nanoTime.getAsLong() + lease.toNanos());
        Entry known =
                entries.compute(new Key(owner, key), (ignored, entry) -> entry == null || ended(entry) ? mine : entry);
        if (known == mine) {
            if (entries.mappingCount() > capacity) {
                evict();
            }
            return new Claim.Claimed();
        }
        if (!known.requestHash.equals(requestHash)) {
            return new Claim.Mismatch();
        }
        return known.body == null ? new Claim.Running() : new Claim.Answered(known.body);
    }

    @Override
    public void abandon(String owner, String key) {
        entries.computeIfPresent(new Key(owner, key), (ignored, entry) -> entry.body == null ? null : entry);
    }

    /**
     * Remembers an answer; called within the step that stores the turn.
     *
     * @throws ConversationBusyException if a twin of the request was answered before, or another request has the key
     */
    void answer(Reply reply) {
        Entry answered = new Entry(reply.requestHash(), reply.body(), nanoTime.getAsLong() + KEPT.toNanos());
        entries.compute(new Key(reply.owner(), reply.key()), (key, entry) -> {
            if (entry != null
                    && !ended(entry)
                    && (entry.body != null || !entry.requestHash.equals(reply.requestHash()))) {
                throw new ConversationBusyException("this request was answered by another run");
            }
            return answered;
        });
    }

    private boolean ended(Entry entry) {
        return nanoTime.getAsLong() - entry.endNanos >= 0;
    }

    /** Makes room: what has ended goes first, then the answers that would end first; running requests stay. */
    private void evict() {
        if (!eviction.tryLock()) {
            return;
        }
        try {
            entries.forEach((key, entry) -> {
                if (ended(entry)) {
                    removeUnchanged(key, entry);
                }
            });
            long surplus = entries.mappingCount() - capacity;
            if (surplus <= 0) {
                return;
            }
            long now = nanoTime.getAsLong();
            entries.entrySet().stream()
                    .filter(candidate -> candidate.getValue().body != null)
                    .sorted(Comparator.comparingLong(candidate -> candidate.getValue().endNanos - now))
                    .limit(surplus + capacity / 100)
                    .forEach(candidate -> removeUnchanged(candidate.getKey(), candidate.getValue()));
        } finally {
            eviction.unlock();
        }
    }

    /** Removes exactly this entry: one that somebody uses meanwhile is another object, and stays. */
    private void removeUnchanged(Key key, Entry seen) {
        entries.computeIfPresent(key, (ignored, entry) -> entry == seen ? null : entry);
    }
}
