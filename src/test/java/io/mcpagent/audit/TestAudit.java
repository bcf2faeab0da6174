package io.mcpagent.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.conversation.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An audit trail in memory, whose store fails for as long as the test wants. */
public final class TestAudit implements AutoCloseable {

    public volatile boolean down;
    /** What is done each time before the store is asked. */
    public volatile Runnable beforeAppend = () -> {};

    public final AtomicInteger failures = new AtomicInteger();
    private final MemoryAuditStore kept = new MemoryAuditStore(Integer.MAX_VALUE);
    public final Audit audit = new Audit(
            new AuditStore() {
                @Override
                public void append(List<AuditRecord> records) {
                    beforeAppend.run();
                    if (down) {
                        throw new StoreUnavailableException("down");
                    }
                    kept.append(records);
                }

                @Override
                public Page page(Instant from, Instant to, @Nullable String after, int most) {
                    return kept.page(from, to, after, most);
                }
            },
            InstantSource.system(),
            // While the store is up, a record that does not come in time would only tell of a busy machine.
            () -> down ? Duration.ofMillis(100) : Duration.ofSeconds(10),
            true,
            failures::incrementAndGet);

    /** Everything that was recorded until now, when it has been stored. */
    public List<JsonNode> records() {
        while (true) {
            try {
                audit.require(AuditEntry.of(AuditEntry.Act.DELETION, "the test"));
                return stored();
            } catch (io.mcpagent.problem.ProblemException e) {
                // A machine may be busy; the store is not down.
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** What is stored now. */
    public List<JsonNode> stored() {
        return kept.page(Instant.EPOCH, Instant.MAX, null, Integer.MAX_VALUE).records().stream()
                .map(AuditRecord::json)
                .filter(record -> !record.path("caller").asText().equals("the test"))
                .toList();
    }

    /** The kinds and outcomes of all records. */
    public List<String> told() {
        List<String> told = new ArrayList<>();
        records()
                .forEach(record -> told.add((record.path("kind").asText() + " "
                                + record.path("tool").asText() + " "
                                + record.path("outcome").asText())
                        .strip()));
        return told;
    }

    /** What {@code agent audit verify} says of it; null if it is whole. */
    public @Nullable String flaw() {
        AuditChains chains = new AuditChains(false, java.util.Set.of());
        for (AuditRecord record :
                kept.page(Instant.EPOCH, Instant.MAX, null, Integer.MAX_VALUE).records()) {
            String flaw = chains.check(record.line());
            if (flaw != null) {
                return flaw;
            }
        }
        return null;
    }

    @Override
    public void close() {
        down = false;
        audit.close();
    }
}
