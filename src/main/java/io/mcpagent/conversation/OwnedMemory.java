package io.mcpagent.conversation;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the memory store holds, by owner: bounded in conversations and in bytes. When it is full, the owner who holds the most loses what was used
 * longest ago, so that a flood of one owner costs the others nothing as long as they hold less. What somebody works with stays.
 *
 * <p>One lock guards all of it, since a step takes microseconds. Safe for use by many threads.
 */
final class OwnedMemory {

    /** This part is freed beyond what is needed, so that a full store does not look for room at every step. */
    private static final int FREED_PART = 20;

    /** Something that is kept for an owner. Immutable. */
    interface Kept {

        /** What it needs, in bytes. */
        long bytes();

        boolean isConversation();

        /** Whether somebody works with it. */
        boolean isInUse(long nanos);

        /** Whether nothing is left of it for its owner. */
        boolean isOver(long nanos, Instant now);
    }

    /** What one owner holds, the longest unused first. */
    private static final class Share {
        private final Map<Object, Kept> kept = new LinkedHashMap<>(4, 0.75f, true);
        private long conversations;
        private long bytes;

        long conversations() {
            return conversations;
        }

        long bytes() {
            return bytes;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Share> shares = new HashMap<>();
    private final long mostConversations;
    private final long mostBytes;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private long conversations;
    private long bytes;

    /**
     * A memory of at most so many conversations and bytes.
     *
     * @param nanoTime the monotonic clock
     */
    OwnedMemory(long mostConversations, long mostBytes, InstantSource clock, LongSupplier nanoTime) {
        if (mostConversations < 1 || mostBytes < 1) {
            throw new IllegalArgumentException(
                    "agent.conversation.memory-capacity and .memory-size must be at least 1");
        }
        this.mostConversations = mostConversations;
        this.mostBytes = mostBytes;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    Instant now() {
        return clock.instant();
    }

    long nanos() {
        return nanoTime.getAsLong();
    }

    /** Takes a step as {@link #step(Supplier)} does. */
    void step(Runnable step) {
        step(() -> {
            step.run();
            return this;
        });
    }

    /** Takes a step that nobody sees half of, in which the other methods may be called, and makes room after it. */
    <T> T step(Supplier<T> step) {
        lock.lock();
        try {
            T result = step.get();
            makeRoom();
            return result;
        } finally {
            lock.unlock();
        }
    }

    /** What is kept, though it may be over; it counts as used. */
    @Nullable
    Kept any(String owner, Object key) {
        Share share = shares.get(owner);
        return share == null ? null : share.kept.get(key);
    }

    /** What is kept, unless it is over; it counts as used. */
    @Nullable
    Kept get(String owner, Object key) {
        Kept kept = any(owner, key);
        if (kept != null && kept.isOver(nanos(), now())) {
            remove(owner, key);
            return null;
        }
        return kept;
    }

    void put(String owner, Object key, Kept kept) {
        Share share = shares.computeIfAbsent(owner, ignored -> new Share());
        Kept before = share.kept.put(key, kept);
        if (before != null) {
            count(share, before, -1);
        }
        count(share, kept, 1);
    }

    void remove(String owner, Object key) {
        Share share = shares.get(owner);
        Kept removed = share == null ? null : share.kept.remove(key);
        if (share != null && removed != null) {
            count(share, removed, -1);
            if (share.kept.isEmpty()) {
                shares.remove(owner);
            }
        }
    }

    /** All that is kept for an owner; it does not count as used. */
    List<Kept> of(String owner) {
        Share share = shares.get(owner);
        return share == null ? List.of() : List.copyOf(share.kept.values());
    }

    /** Names all that is kept, with the owner. */
    void forEachKey(BiConsumer<String, Object> consumer) {
        shares.forEach((owner, share) -> share.kept.keySet().forEach(key -> consumer.accept(owner, key)));
    }

    /** What all of it needs. */
    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    private void count(Share share, Kept kept, int sign) {
        int one = kept.isConversation() ? sign : 0;
        share.conversations += one;
        share.bytes += sign * kept.bytes();
        conversations += one;
        bytes += sign * kept.bytes();
    }

    private void makeRoom() {
        if (conversations <= mostConversations && bytes <= mostBytes) {
            return;
        }
        long nanos = nanos();
        Instant now = now();
        for (Share share : List.copyOf(shares.values())) {
            removeFirst(share, Long.MAX_VALUE, kept -> kept.isOver(nanos, now));
        }
        if (conversations > mostConversations) {
            evict(
                    () -> conversations - (mostConversations - mostConversations / FREED_PART),
                    Share::conversations,
                    kept -> kept.isConversation() && !kept.isInUse(nanos));
        }
        if (bytes > mostBytes) {
            evict(() -> bytes - (mostBytes - mostBytes / FREED_PART), Share::bytes, kept -> !kept.isInUse(nanos));
        }
        shares.values().removeIf(share -> share.kept.isEmpty());
    }

    /** Takes from the owner who holds the most, one by one, until there is no surplus any more or nothing that may go. */
    private void evict(LongSupplier surplus, ToLongFunction<Share> measure, Predicate<Kept> mayGo) {
        PriorityQueue<Share> largestFirst =
                new PriorityQueue<>(Comparator.comparingLong(measure).reversed());
        largestFirst.addAll(shares.values());
        while (surplus.getAsLong() > 0 && !largestFirst.isEmpty()) {
            Share largest = largestFirst.remove();
            if (removeFirst(largest, 1, mayGo)) {
                largestFirst.add(largest);
            }
        }
    }

    private boolean removeFirst(Share share, long most, Predicate<Kept> mayGo) {
        long removed = 0;
        for (Iterator<Kept> each = share.kept.values().iterator(); removed < most && each.hasNext(); ) {
            Kept kept = each.next();
            if (mayGo.test(kept)) {
                each.remove();
                count(share, kept, -1);
                removed++;
            }
        }
        return removed > 0;
    }
}
