package io.mcpagent.audit;

import io.mcpagent.audit.AuditEntry.Act;
import io.mcpagent.problem.ProblemException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is recorded of one turn: all its records name its caller, its door, its conversation and its run. For the turn's thread only. */
public final class TurnAudit {

    private final Audit audit;
    private final String caller;
    private final String door;
    private final String runId;
    private @Nullable String conversationId;
    private @Nullable String owner;

    TurnAudit(Audit audit, String caller, String door, String runId) {
        this.audit = audit;
        this.caller = caller;
        this.door = door;
        this.runId = runId;
    }

    /** What is done is done about somebody else's call. */
    public TurnAudit onBehalfOf(String subject) {
        owner = subject;
        return this;
    }

    /** The turn has its conversation. */
    public void inConversation(String id) {
        conversationId = id;
    }

    /**
     * A tool call is about to be sent: when this returns, it may be. One that only reads may be sent even if that can't be recorded.
     *
     * @throws ProblemException if it may write and can't be recorded
     */
    public void begins(String callId, String tool, String arguments, boolean onlyReads) throws InterruptedException {
        AuditEntry entry = call(Act.CALL_BEGIN, callId, tool).with("arguments", audit.arguments(arguments));
        if (onlyReads) {
            audit.prefer(entry);
        } else {
            audit.require(entry);
        }
    }

    /**
     * The call is over.
     *
     * @param outcome how it ended; {@code not_sent} if it was not made after all, {@code abandoned} if nobody waited for its end
     * @param rows    how many rows it gave, or null if that is not known
     */
    public void ended(String callId, String tool, String outcome, @Nullable Long rows) {
        audit.note(call(Act.CALL_END, callId, tool)
                .with("outcome", outcome.toLowerCase(Locale.ROOT))
                .with("rows", rows));
    }

    /** A tool call was refused, and why. */
    public void refused(String callId, String tool, String arguments, String outcome) {
        audit.note(call(Act.CALL_REFUSED, callId, tool)
                .with("arguments", audit.arguments(arguments))
                .with("outcome", outcome.toLowerCase(Locale.ROOT)));
    }

    /** A tool call waits for a person. */
    public void asked(String callId, String tool, String arguments) {
        audit.note(call(Act.APPROVAL_ASKED, callId, tool).with("arguments", audit.arguments(arguments)));
    }

    /**
     * A person decided on a tool call; when this returns, that may have its effect.
     *
     * @param arguments with which it may run
     * @param shown     the arguments that the person changed; null if they did not
     * @param reason    why it was declined; null if they did not say
     * @throws ProblemException if it can't be recorded
     */
    public void decided(
            String callId,
            String tool,
            String arguments,
            @Nullable String shown,
            boolean approved,
            @Nullable String reason)
            throws InterruptedException {
        audit.require(call(approved ? Act.APPROVED : Act.DECLINED, callId, tool)
                .with("arguments", audit.arguments(arguments))
                .with("shown", shown == null ? null : audit.arguments(shown))
                .with("reason", reason == null ? null : audit.arguments(reason)));
    }

    /** The caller wanted to approve a call that somebody else has to approve. */
    public void rightsDenied(String callId, String tool) {
        audit.note(call(Act.RIGHTS_DENIED, callId, tool));
    }

    /** A limit on dollars or tokens ended the turn. */
    public void budgetRefused() {
        audit.note(entry(Act.BUDGET_REFUSED));
    }

    private AuditEntry call(Act kind, String callId, String tool) {
        return entry(kind).with("callId", callId).with("tool", tool);
    }

    private AuditEntry entry(Act kind) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("door", door);
        if (owner != null) {
            details.put("askedBy", owner);
        }
        if (conversationId != null) {
            details.put("conversationId", conversationId);
        }
        details.put("runId", runId);
        return new AuditEntry(kind, caller, details);
    }
}
