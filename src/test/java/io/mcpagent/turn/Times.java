package io.mcpagent.turn;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Gathers times from many threads and says which part of them was how short. */
final class Times {

    private final ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();

    void add(long nanoseconds) {
        nanos.add(nanoseconds);
    }

    void add(Duration time) {
        add(time.toNanos());
    }

    int count() {
        return nanos.size();
    }

    /** The time that this part of all, 0 to 1, did not exceed. */
    Duration at(double part) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return Duration.ofNanos(sorted.get(
                Math.clamp((long) Math.ceil(part * sorted.size()) - 1, 0, sorted.size() - 1)));
    }

    @Override
    public String toString() {
        return nanos.isEmpty()
                ? "none"
                : count() + ", median " + at(0.5).toMillis() + " ms, p99 " + at(0.99).toMillis() + " ms, longest "
                        + at(1).toMillis() + " ms";
    }
}
