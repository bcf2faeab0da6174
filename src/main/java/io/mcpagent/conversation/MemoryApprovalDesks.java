package io.mcpagent.conversation;

import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Desks in the memory of this process: they end with it. Beyond so many calls those that end first are forgotten. */
final class MemoryApprovalDesks implements ApprovalDesks {

    private static final int MOST = 10_000;

    private record Laid(AskedCall call, Set<String> desks) {}

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final TreeMap<String, Laid> places = new TreeMap<>();
    private final Map<String, String> placeById = new HashMap<>();

    MemoryApprovalDesks(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void add(Collection<String> desks, AskedCall call) {
        lock.lock();
        try {
            String before = placeById.put(call.id(), call.place());
            if (before != null) {
                places.remove(before);
            }
            places.put(call.place(), new Laid(call, Set.copyOf(desks)));
            while (places.size() > MOST
                    || clock.instant()
                            .isAfter(places.firstEntry().getValue().call.until())) {
                placeById.remove(places.pollFirstEntry().getValue().call.id());
                if (places.isEmpty()) {
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<AskedCall> find(String id) {
        lock.lock();
        try {
            String place = placeById.get(id);
            return Optional.ofNullable(place == null ? null : places.get(place))
                    .map(Laid::call)
                    .filter(call -> clock.instant().isBefore(call.until()));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public AskedCalls page(Collection<String> desks, @Nullable String after, int atMost) {
        lock.lock();
        try {
            List<AskedCall> found = places.tailMap(after == null ? "" : after, false).values().stream()
                    .filter(laid -> clock.instant().isBefore(laid.call.until()))
                    .filter(laid -> laid.desks.stream().anyMatch(desks::contains))
                    .map(Laid::call)
                    .limit(atMost)
                    .toList();
            return new AskedCalls(
                    found, found.size() < atMost ? null : found.getLast().place());
        } finally {
            lock.unlock();
        }
    }
}
