package io.mcpagent.audit;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The last records, in the memory of this process: for development. */
final class MemoryAuditStore implements AuditStore {

    static final int CAPACITY = 10_000;

    private final ConcurrentSkipListMap<Long, AuditRecord> records = new ConcurrentSkipListMap<>();
    private final int capacity;

    /** @param capacity how many records it keeps */
    MemoryAuditStore(int capacity) {
        this.capacity = capacity;
    }

    @Override
    public void append(List<AuditRecord> added) {
        added.forEach(record -> records.put(record.sequence(), record));
        while (records.size() > capacity) {
            records.pollFirstEntry();
        }
    }

    @Override
    public boolean immediate() {
        return true;
    }

    @Override
    public Page page(Instant from, Instant to, @Nullable String after, int most) {
        List<AuditRecord> found = records.tailMap(after == null ? 0 : Long.parseLong(after), false).values().stream()
                .filter(record ->
                        !record.time().isBefore(from) && !record.time().isAfter(to))
                .limit(most)
                .toList();
        return new Page(
                found,
                found.size() < most ? null : Long.toString(found.getLast().sequence()));
    }
}
