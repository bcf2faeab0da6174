package io.mcpagent.audit;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps records. It can add to them, and change nothing. Safe for use by many threads; one of them appends. */
interface AuditStore {

    /**
     * Adds records of one chain, all or none. The same ones may be added again, when an answer was lost.
     *
     * @throws io.mcpagent.conversation.StoreUnavailableException if it is not known to be done
     */
    void append(List<AuditRecord> records);

    /** Whether appending takes no time and can't fail. Then the recording thread appends at once. */
    default boolean immediate() {
        return false;
    }

    /**
     * Some records.
     *
     * @param records in the order of time, and those of a chain in its order
     * @param next    where to go on; null at the end
     */
    record Page(List<AuditRecord> records, @Nullable String next) {}

    /**
     * The records of a time, a page of them, which may have none.
     *
     * @param after what the page before gave as its next; null for the first
     * @param most  how many are wanted; those that were added together come together
     */
    Page page(Instant from, Instant to, @Nullable String after, int most);
}
