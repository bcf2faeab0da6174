package io.mcpagent.turn;

import io.mcpagent.audit.TurnAudit;
import io.mcpagent.base.Asker;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.identity.Identity;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.TurnTelemetry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The turns that run in this process. Safe for use by many threads. */
@Singleton
public final class Runs {

    private final Map<Place, Run> byConversation = new ConcurrentHashMap<>();
    private final Map<String, Run> all = new ConcurrentHashMap<>();
    private final Timers timers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition lastEnded = lock.newCondition();
    private volatile boolean draining;

    /** With its owner: whoever names a conversation like somebody else's must not take that one's place. */
    private record Place(String owner, String conversationId) {}

    Runs(Timers timers) {
        this.timers = timers;
    }

    /**
     * Begins a run on the calling thread, which is stopped when {@code longest} has passed.
     *
     * @throws ProblemException if this process is about to end
     */
    public Run begin(String id, Identity caller, TurnTelemetry telemetry, TurnAudit audit, Duration longest) {
        Run run = new Run(id, caller, telemetry, audit, Deadline.in(longest, new Asker(caller.subject(), id)));
        all.put(id, run);
        // Looked at after the run is listed: a drain either sees the run, or the run sees the drain.
        if (draining) {
            all.remove(id);
            throw new ProblemException(
                    Problem.SHUTTING_DOWN,
                    "Send the request again; another instance will take it.",
                    Duration.ofSeconds(1),
                    null);
        }
        run.stopsBy(timers.after(longest, () -> run.cancel(Run.Reason.DEADLINE)));
        return run;
    }

    /** Says which conversation the run is in, so that its owner can stop it. */
    void bind(Run run, String owner, String conversationId) {
        byConversation.put(new Place(owner, conversationId), run);
    }

    /**
     * The run is over.
     *
     * @param opened its conversation, or null if it had none
     */
    public void end(Run run, @Nullable Conversation opened) {
        run.end();
        if (opened != null) {
            byConversation.remove(new Place(opened.owner(), opened.id()), run);
        }
        all.remove(run.id());
        if (draining && all.isEmpty()) {
            lock.lock();
            try {
                lastEnded.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Stops the owner's run in this conversation.
     *
     * @return false if there is none in this process
     */
    public boolean cancel(String owner, String conversationId) {
        Run run = byConversation.get(new Place(owner, conversationId));
        if (run == null) {
            return false;
        }
        run.cancel(Run.Reason.DELETED);
        return true;
    }

    /** How many turns run. */
    public int count() {
        return all.size();
    }

    /** Whether new turns are refused. */
    public boolean draining() {
        return draining;
    }

    /**
     * Refuses new turns and waits until the running ones have ended; those that are left after {@code longest} are stopped.
     *
     * @return whether all ended by themselves
     */
    public boolean drain(Duration longest) throws InterruptedException {
        draining = true;
        if (awaitNone(Deadline.in(longest))) {
            return true;
        }
        all.values().forEach(run -> run.cancel(Run.Reason.SHUTDOWN));
        awaitNone(Deadline.in(Duration.ofSeconds(2)));
        return false;
    }

    private boolean awaitNone(Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (!all.isEmpty() && !deadline.passed()) {
                // Woken by the last run's end; the bound covers one that ended just before the wait.
                lastEnded.awaitNanos(Math.clamp(deadline.left().toNanos(), 1, 100_000_000));
            }
            return all.isEmpty();
        } finally {
            lock.unlock();
        }
    }
}
