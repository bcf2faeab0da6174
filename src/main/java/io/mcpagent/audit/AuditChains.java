package io.mcpagent.audit;

import io.mcpagent.base.Sha256;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks records, in the order in which they were written, against their chains. For one thread. */
final class AuditChains {

    private final boolean partial;
    private final Set<String> heads;
    private final Map<String, AuditRecord> last = new HashMap<>();
    private long records;

    /**
     * Nothing is checked yet.
     *
     * @param partial whether a chain may lack its beginning, as in the export of one day or when its first records have expired
     * @param heads   records that have to be there, as the log names them: {@code chain:sequence:hash}
     */
    AuditChains(boolean partial, Set<String> heads) {
        this.partial = partial;
        this.heads = new HashSet<>(heads);
    }

    /** Checks the next record; says what is wrong, or null. */
    @Nullable
    String check(String line) {
        records++;
        AuditRecord record = AuditRecord.read(line);
        if (record == null) {
            return "line " + records + " is no record";
        }
        String name = "record " + record.sequence() + " of chain " + record.chain() + " (line " + records + ")";
        if (!Sha256.hex(record.text()).equals(record.hash())) {
            return name + " was changed: its hash is not that of its content";
        }
        AuditRecord before = last.put(record.chain(), record);
        if (before == null) {
            boolean first = record.sequence() == 1 && record.previous().equals(AuditRecord.NOTHING);
            if (!first && !partial) {
                return name + " is the first of its chain here: those before it are missing";
            }
        } else if (record.sequence() != before.sequence() + 1) {
            return name + " follows record " + before.sequence() + ": records are missing or out of order";
        } else if (!record.previous().equals(before.hash())) {
            return name + " does not belong after the record before it, which was changed";
        }
        heads.remove(record.chain() + ":" + record.sequence() + ":" + record.hash());
        return null;
    }

    /** What is wrong at the end, or null. */
    @Nullable
    String end() {
        return heads.isEmpty() ? null : "these records are missing or were changed: " + String.join(", ", heads);
    }

    /** What was checked. */
    String summary() {
        return records + " records in " + last.size() + " chains, none changed, missing or out of order";
    }
}
