package io.mcpagent.conversation;

import io.mcpagent.base.Ids;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Conversations in the memory of this process, for development and tests: they end with it, and other tasks don't see them. A step locks
 * nothing but its own conversation.
 */
final class MemoryConversations implements Conversations {

    /** How much of the capacity is freed at once, so that a full store does not look for the longest unused one at every new conversation. */
    private static final int EVICTED_PART = 20;

    private record Key(String owner, String id) {}

    /** @param usedNanos when it was last used, on the monotonic clock */
    private record Entry(Conversation conversation, String leaseRun, long leaseEndNanos, long usedNanos) {}

    private final ConcurrentHashMap<Key, Entry> entries = new ConcurrentHashMap<>();
    private final ReentrantLock eviction = new ReentrantLock();
    private final Duration ttl;
    private final int capacity;
    private final MemoryIdempotentReplies replies;
    private final InstantSource clock;
    private final LongSupplier nanoTime;

    MemoryConversations(Duration ttl, int capacity, MemoryIdempotentReplies replies) {
        this(ttl, capacity, replies, InstantSource.system(), System::nanoTime);
    }

    MemoryConversations(
            Duration ttl, int capacity, MemoryIdempotentReplies replies, InstantSource clock, LongSupplier nanoTime) {
        if (capacity < 1) {
            throw new IllegalArgumentException("the capacity must be at least 1, not " + capacity);
        }
        this.ttl = ttl;
        this.capacity = capacity;
        this.replies = replies;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    @Override
    public Optional<Conversation> find(String owner, String id) {
        Entry entry = entries.computeIfPresent(new Key(owner, id), (key, found) -> gone(found) ? null : used(found));
        return entry == null || entry.conversation.version() == 0 ? Optional.empty() : Optional.of(entry.conversation);
    }

    @Override
    public List<ConversationSummary> list(String owner, int atMost) {
        List<Conversation> owned = new ArrayList<>();
        entries.forEach((key, entry) -> {
            if (key.owner.equals(owner) && entry.conversation.version() > 0 && !gone(entry)) {
                owned.add(entry.conversation);
            }
        });
        return owned.stream()
                .sorted(Comparator.comparing(Conversation::updatedAt).reversed())
                .limit(atMost)
                .map(Titles::summaryOf)
                .toList();
    }

    @Override
    public boolean delete(String owner, String id) {
        boolean[] deleted = {false};
        entries.computeIfPresent(new Key(owner, id), (key, entry) -> {
            if (leased(entry)) {
                throw new ConversationBusyException("a turn is running in this conversation");
            }
            deleted[0] = entry.conversation.version() > 0 && !gone(entry);
            return null;
        });
        return deleted[0];
    }

    @Override
    public Conversation open(String owner, String id, boolean createIfAbsent, String runId, Duration lease) {
        String wanted = id == null ? Ids.random() : id;
        boolean create = id == null || createIfAbsent;
        Entry opened = entries.compute(new Key(owner, wanted), (key, entry) -> {
            if (entry != null && leased(entry) && !runId.equals(entry.leaseRun)) {
                throw new ConversationBusyException("another run has this conversation");
            }
            Conversation conversation = entry == null || gone(entry) ? null : entry.conversation;
            if (conversation == null && !create) {
                throw new ConversationNotFoundException("no such conversation");
            }
            long now = nanoTime.getAsLong();
            return new Entry(conversation == null ? created(key) : conversation, runId, now + lease.toNanos(), now);
        });
        if (entries.mappingCount() > capacity) {
            evict();
        }
        return opened.conversation;
    }

    private Conversation created(Key key) {
        Instant now = clock.instant();
        return new Conversation(key.id, key.owner, 0, now, now, List.of(), null);
    }

    @Override
    public Conversation save(Conversation opened, String runId, Change change) {
        Entry saved = entries.compute(keyOf(opened), (key, entry) -> {
            if (entry == null || !runId.equals(entry.leaseRun) || entry.conversation.version() != opened.version()) {
                throw new ConversationBusyException("the lease was lost to another run");
            }
            Conversation next = entry.conversation.with(change, clock.instant());
            if (change.reply() != null) {
                replies.answer(change.reply());
            }
            return new Entry(next, change.keepLease() ? runId : null, entry.leaseEndNanos, nanoTime.getAsLong());
        });
        return saved.conversation;
    }

    @Override
    public void release(Conversation opened, String runId) {
        entries.computeIfPresent(keyOf(opened), (key, entry) -> {
            if (!runId.equals(entry.leaseRun)) {
                return entry;
            }
            return entry.conversation.version() == 0 ? null : new Entry(entry.conversation, null, 0, entry.usedNanos);
        });
    }

    private static Key keyOf(Conversation conversation) {
        return new Key(conversation.owner(), conversation.id());
    }

    private boolean leased(Entry entry) {
        return entry.leaseRun != null && nanoTime.getAsLong() - entry.leaseEndNanos < 0;
    }

    /** Whether nothing is left of it: it has expired, or its first run ended without storing anything. */
    private boolean gone(Entry entry) {
        return !leased(entry)
                && (entry.conversation.version() == 0
                        || !clock.instant()
                                .isBefore(entry.conversation.updatedAt().plus(ttl)));
    }

    private Entry used(Entry entry) {
        return new Entry(entry.conversation, entry.leaseRun, entry.leaseEndNanos, nanoTime.getAsLong());
    }

    /** Makes room: what is gone goes first, then the longest unused. Only one thread does it; the others go on meanwhile. */
    private void evict() {
        if (!eviction.tryLock()) {
            return;
        }
        try {
            entries.forEach((key, entry) -> {
                if (gone(entry)) {
                    removeUnchanged(key, entry);
                }
            });
            long surplus = entries.mappingCount() - capacity;
            if (surplus > 0) {
                evictLongestUnused(surplus + capacity / EVICTED_PART);
            }
        } finally {
            eviction.unlock();
        }
    }

    private void evictLongestUnused(long surplus) {
        long now = nanoTime.getAsLong();
        // Numbers are sorted ten times as fast as entries.
        long[] ages = entries.values().stream()
                .filter(entry -> !leased(entry))
                .mapToLong(entry -> entry.usedNanos - now)
                .sorted()
                .toArray();
        if (ages.length == 0) {
            return;
        }
        int evicted = (int) Math.min(surplus, ages.length);
        long youngest = ages[evicted - 1];
        int first = evicted - 1;
        while (first > 0 && ages[first - 1] == youngest) {
            first--;
        }
        // Of those that were used at the very same time as the last one, no more than needed go.
        int[] asOld = {evicted - first};
        entries.forEach((key, entry) -> {
            long age = entry.usedNanos - now;
            if (age <= youngest && !leased(entry) && (age < youngest || asOld[0]-- > 0)) {
                removeUnchanged(key, entry);
            }
        });
    }

    /** Removes exactly this entry: one that somebody uses meanwhile is another object, and stays. */
    private void removeUnchanged(Key key, Entry seen) {
        entries.computeIfPresent(key, (ignored, entry) -> entry == seen ? null : entry);
    }
}
