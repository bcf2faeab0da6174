package io.mcpagent.turn;

import io.mcpagent.audit.TurnAudit;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Sha256;
import io.mcpagent.base.Timers;
import io.mcpagent.identity.Identity;
import io.mcpagent.telemetry.TurnTelemetry;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A turn while it runs, and the one way to stop it: its virtual thread is interrupted. The JDK closes a socket that an interrupted virtual
 * thread blocks on (JEP 444), so the model's and the tools' requests end at once, wherever the turn is. Safe for use by many threads.
 */
public final class Run {

    /** Why a run is stopped. */
    public enum Reason {
        CLIENT_GONE,
        DELETED,
        DEADLINE,
        SHUTDOWN
    }

    private static final Pattern LABEL = Pattern.compile("[a-zA-Z0-9:_@$#=/+,.-]{1,256}");
    private static final int HASH_LENGTH = 32;

    private final String id;
    private final Identity caller;
    private final TurnTelemetry telemetry;
    private final TurnAudit audit;
    private final Deadline deadline;
    private final Thread thread = Thread.currentThread();
    // Not the object's monitor: an interrupt must never hit the thread after it left the turn, nor within a shielded
    // step.
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Reason reason;
    private boolean shielded;
    private boolean ended;
    private Timers.@Nullable Timer deadlineTimer;
    private Map<String, String> labels = Map.of();

    /**
     * A run on the calling thread.
     *
     * @param caller    for whom it is
     * @param telemetry where it tells what happens
     * @param audit     where that is recorded
     */
    Run(String id, Identity caller, TurnTelemetry telemetry, TurnAudit audit, Deadline deadline) {
        this.audit = audit;
        this.id = id;
        this.caller = caller;
        this.telemetry = telemetry;
        this.deadline = deadline;
    }

    public String id() {
        return id;
    }

    /** Who sent the request that it answers. */
    public Identity caller() {
        return caller;
    }

    /** Where the run tells what happens; for its thread only. */
    public TurnTelemetry telemetry() {
        return telemetry;
    }

    /** Where it is recorded what happens; for its thread only. */
    TurnAudit audit() {
        return audit;
    }

    public Deadline deadline() {
        return deadline;
    }

    /** What the model's service may know the run's requests by. For the run's thread. */
    Map<String, String> labels() {
        return labels;
    }

    /** The run is in that conversation, which its requests are labelled with. For the run's thread. */
    void inConversation(String conversationId) {
        labels = Map.of("conversation", label(conversationId), "turn", label(id), "caller", hash(caller.subject()));
    }

    /** Converse takes these letters only, and 256 of them; nobody else's ids need be so. */
    private static String label(String id) {
        return LABEL.matcher(id).matches() ? id : hash(id);
    }

    private static String hash(String text) {
        return Sha256.hex(text).substring(0, HASH_LENGTH);
    }

    /** The timer that stops it at its deadline: the only thing that does. For the run's thread. */
    void stopsBy(Timers.Timer timer) {
        deadlineTimer = timer;
    }

    /** Stops the run, unless it has ended; the first reason counts. Returns at once. */
    public void cancel(Reason why) {
        lock.lock();
        try {
            if (ended || reason != null) {
                return;
            }
            reason = why;
            if (!shielded) {
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Why it was stopped, or null. */
    @Nullable
    Reason reason() {
        lock.lock();
        try {
            return reason;
        } finally {
            lock.unlock();
        }
    }

    /** Begins a step that must not be broken off, such as an approved write or storing the turn; {@link #cancel} waits for {@link #unshield}. */
    void shield() throws InterruptedException {
        lock.lock();
        try {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            shielded = true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends such a step; a cancellation that came meanwhile takes effect. */
    void unshield() {
        lock.lock();
        try {
            shielded = false;
            if (reason != null) {
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The run is over: from now on nothing interrupts its thread. */
    void end() {
        lock.lock();
        try {
            ended = true;
            // What interrupted the turn must not hit the code that answers the caller.
            Thread.interrupted();
        } finally {
            lock.unlock();
        }
        if (deadlineTimer != null) {
            deadlineTimer.cancel();
        }
    }
}
