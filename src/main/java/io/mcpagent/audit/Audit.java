package io.mcpagent.audit;

import io.mcpagent.base.Ids;
import io.mcpagent.base.Sha256;
import io.mcpagent.base.TraceIds;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * The audit trail that this process writes. One thread appends to it, whatever waits together, so that the chain has no gap: what the store does
 * not take is tried again until it does. Safe for use by many threads.
 */
public final class Audit implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Audit.class);
    /** How many records may wait for the store. */
    private static final int MOST_WAITING = 10_000;
    /** What is appended together, in characters: far less than DynamoDB's 400 KB. */
    private static final int BATCH_CHARS = 100_000;

    private static final int BATCH_RECORDS = 100;
    private static final int LONGEST_ARGUMENTS = 16_000;
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final Duration LONGEST_END = Duration.ofSeconds(5);
    private static final Waiting END =
            new Waiting(AuditEntry.of(AuditEntry.Act.LOST, "unknown"), null, new CompletableFuture<>(), true);

    private static final CompletableFuture<Void> STORED = CompletableFuture.completedFuture(null);

    private final AuditStore store;
    private final InstantSource clock;
    private final Supplier<Duration> timeout;
    private final boolean wholeArguments;
    private final Runnable onFailure;
    private final String chain = Ids.random();
    private final LinkedBlockingQueue<Waiting> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private final AtomicLong lost = new AtomicLong();
    private final Thread writer;
    private volatile boolean failing;

    // Used by the writer's thread only; with an immediate store, by the thread that has the lock.
    private final ReentrantLock chaining = new ReentrantLock();
    private long sequence;
    private String previous = AuditRecord.NOTHING;
    private Instant last = Instant.EPOCH;

    /** An entry on its way. */
    private record Waiting(AuditEntry entry, @Nullable String traceId, CompletableFuture<Void> stored, boolean isEnd) {}

    /**
     * Begins a chain.
     *
     * @param timeout        how long a call that needs its record waits for it
     * @param wholeArguments whether records have the tools' arguments, and not only their hash
     * @param onFailure      hears of each time that the store did not take records
     */
    Audit(
            AuditStore store,
            InstantSource clock,
            Supplier<Duration> timeout,
            boolean wholeArguments,
            Runnable onFailure) {
        this.store = store;
        this.clock = clock;
        this.timeout = timeout;
        this.wholeArguments = wholeArguments;
        this.onFailure = onFailure;
        this.writer = Thread.ofVirtual().name("audit").start(this::write);
    }

    /** What is recorded of one turn. */
    public TurnAudit turn(String caller, String door, String runId) {
        return new TurnAudit(this, caller, door, runId);
    }

    /**
     * Records what must not happen without a record; when this returns, it is stored.
     *
     * @throws ProblemException     if it could not be stored in time: then it must not happen
     * @throws InterruptedException if the calling thread was interrupted: then it must not happen, either
     */
    public void require(AuditEntry entry) throws InterruptedException {
        if (!await(add(entry))) {
            throw new ProblemException(
                    Problem.AUDIT_UNAVAILABLE,
                    "The call was not made, because it could not be recorded. Try again in a moment.",
                    SOON,
                    null);
        }
    }

    /** Records what may happen without a record, if the store does not answer: waits for it only while the store does. */
    void prefer(AuditEntry entry) throws InterruptedException {
        CompletableFuture<Void> stored = add(entry);
        if (!failing) {
            await(stored);
        }
    }

    /** Records what has happened; it will be stored soon. */
    public void note(AuditEntry entry) {
        var _ = add(entry);
    }

    /** A tool's arguments as records have them: their JSON text, or its SHA-256. */
    String arguments(String json) {
        return wholeArguments && json.length() <= LONGEST_ARGUMENTS ? json : "sha256:" + Sha256.hex(json);
    }

    AuditStore store() {
        return store;
    }

    private CompletableFuture<Void> add(AuditEntry entry) {
        String traceId = (String) MDC.get(TraceIds.IN_LOG);
        if (store.immediate()) {
            appendNow(entry, traceId);
            return STORED;
        }
        Waiting added = new Waiting(entry, traceId, new CompletableFuture<>(), false);
        if (!waiting.offer(added)) {
            lost.incrementAndGet();
            added.stored.cancel(false);
        }
        return added.stored;
    }

    private void appendNow(AuditEntry entry, @Nullable String traceId) {
        chaining.lock();
        try {
            store.append(List.of(seal(entry, traceId)));
        } finally {
            chaining.unlock();
        }
    }

    private boolean await(CompletableFuture<Void> stored) throws InterruptedException {
        try {
            stored.get(timeout.get().toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException | ExecutionException | CancellationException e) {
            return false;
        }
    }

    private void write() {
        try {
            boolean goOn = true;
            while (goOn) {
                List<Waiting> batch = new ArrayList<>();
                List<AuditRecord> records = new ArrayList<>();
                goOn = gather(batch, records);
                if (!records.isEmpty()) {
                    append(records);
                }
                batch.forEach(each -> each.stored.complete(null));
            }
        } catch (InterruptedException e) {
            LOG.warnf("The process ends with %d audit records that were not stored", waiting.size());
        }
        LOG.infof("The audit chain %s ends at %d: %s", chain, sequence, previous);
    }

    /** Makes records of what waits; false at the end. */
    private boolean gather(List<Waiting> batch, List<AuditRecord> records) throws InterruptedException {
        int chars = 0;
        Waiting next = waiting.take();
        while (next != null && !next.isEnd) {
            batch.add(next);
            long missing = lost.getAndSet(0);
            if (missing > 0) {
                records.add(seal(AuditEntry.of(AuditEntry.Act.LOST, "unknown").with("records", missing), null));
            }
            AuditRecord record = seal(next.entry, next.traceId);
            records.add(record);
            chars += record.text().length();
            next = chars > BATCH_CHARS || records.size() >= BATCH_RECORDS ? null : waiting.poll();
        }
        return next == null || !next.isEnd;
    }

    private AuditRecord seal(AuditEntry entry, @Nullable String traceId) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        // In one chain time never goes back, so that the order of time is that of the chain.
        last = now.isBefore(last) ? last : now;
        AuditRecord record = AuditRecord.of(entry, traceId, last, chain, ++sequence, previous);
        previous = record.hash();
        return record;
    }

    /** Until it is done: otherwise the chain would have a gap. */
    private void append(List<AuditRecord> records) throws InterruptedException {
        while (true) {
            try {
                store.append(records);
                if (failing) {
                    LOG.info("Audit records are stored again");
                }
                failing = false;
                return;
            } catch (RuntimeException e) {
                if (!failing) {
                    LOG.errorf(
                            "Audit records can't be stored, so tools that may write don't run: %s",
                            e instanceof StoreUnavailableException ? e.getMessage() : e.toString());
                }
                failing = true;
                onFailure.run();
                Thread.sleep(PAUSE);
            }
        }
    }

    /** Stores what waits, if that can be done soon. */
    @Override
    public void close() {
        boolean interrupted = false;
        try {
            if (!waiting.offer(END) || !writer.join(LONGEST_END)) {
                writer.interrupt();
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
