package io.mcpagent.turn;

import io.mcpagent.audit.Audit;
import io.mcpagent.audit.TurnAudit;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Ids;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.ApprovalDesks.AskedCall;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.Conversations;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import io.mcpagent.identity.SubjectParts;
import io.mcpagent.model.Arguments;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.Tool;
import io.mcpagent.tools.ToolCatalog;
import io.mcpagent.tools.ToolPolicy;
import io.mcpagent.tools.Toolbox;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The word of a second person on a waiting call. It runs nothing: what was approved is run when the one who asked has it run, in their conversation, with
 * their own rights and values, which are never stored. So it runs at most once, like any other approved call. Safe for use by many threads.
 */
@Singleton
public final class SecondApprovals {

    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration SOON = Duration.ofSeconds(2);

    private final Conversations conversations;
    private final Toolbox toolbox;
    private final ToolPolicy policy;
    private final WaitingCalls waiting;
    private final Audit audit;
    private final AgentConfig config;

    SecondApprovals(
            Conversations conversations,
            Toolbox toolbox,
            ToolPolicy policy,
            WaitingCalls waiting,
            Audit audit,
            AgentConfig config) {
        this.conversations = conversations;
        this.toolbox = toolbox;
        this.policy = policy;
        this.waiting = waiting;
        this.audit = audit;
        this.config = config;
    }

    /** The call, if it still waits for a word that this caller may give, or is their own; nothing of its conversation else is told. */
    public Optional<Approval> find(AskedCall call, Identity caller) {
        return conversations
                .find(call.owner(), call.conversationId())
                .flatMap(found -> waiting(found, call.callId()))
                .filter(approval -> Instant.now().isBefore(approval.expiresAt()))
                .filter(approval -> call.owner().equals(caller.subject()) || mayDecide(approval, call.owner(), caller));
    }

    private static Optional<Approval> waiting(Conversation conversation, String callId) {
        PendingTurn pending = conversation.pending();
        return pending == null
                ? Optional.empty()
                : pending.approvals().stream()
                        .filter(approval ->
                                approval.callId().equals(callId) && approval.state() == Approval.Stage.PENDING)
                        .findFirst();
    }

    private boolean mayDecide(Approval approval, String owner, Identity caller) {
        return approval.approvedBy() == null
                && isApprover(approval, caller)
                && !SubjectParts.mayBeTheSame(owner, caller.subject());
    }

    private boolean isApprover(Approval approval, Identity caller) {
        return approversOf(policy, approval).stream()
                .anyMatch(approver -> CallerPattern.parse(approver).matches(caller));
    }

    /** Who has to approve a call by the configuration as it is; by that of when it was asked for, if nobody has to any more. */
    static List<String> approversOf(ToolPolicy policy, Approval approval) {
        List<String> now = policy.approvers(approval.tool()).stream()
                .map(CallerPattern::toString)
                .toList();
        return now.isEmpty() ? approval.approvers() : now;
    }

    /**
     * Approves or declines somebody else's call.
     *
     * @return the call as it is now
     * @throws ProblemException     if this caller may not, or it was decided before, or what waits is not what was shown; nothing was done then
     * @throws InterruptedException if the calling thread was interrupted
     */
    public Approval decide(AskedCall call, Approvals.Verdict verdict, Identity approver) throws InterruptedException {
        requireApprover(call, approver);
        String runId = Ids.random();
        Conversation opened = null;
        try {
            opened = conversations.open(call.owner(), call.conversationId(), false, runId, LEASE);
            return decide(opened, runId, verdict, approver);
        } catch (RuntimeException e) {
            throw Failures.problem(e, null);
        } finally {
            if (opened != null) {
                conversations.release(opened, runId);
            }
        }
    }

    private void requireApprover(AskedCall call, Identity approver) {
        Approval approval = conversations
                .find(call.owner(), call.conversationId())
                .map(Conversation::pending)
                .flatMap(pending -> pending.approvals().stream()
                        .filter(each -> each.callId().equals(call.callId()))
                        .findFirst())
                .orElseThrow(SecondApprovals::absent);
        boolean own = call.owner().equals(approver.subject());
        if (!own && !isApprover(approval, approver)) {
            throw absent();
        }
        if (SubjectParts.mayBeTheSame(call.owner(), approver.subject())) {
            throw new ProblemException(
                    Problem.FORBIDDEN,
                    approversOf(policy, approval).isEmpty()
                            ? "Decide on a call of your own in its conversation, where the turn goes on."
                            : "Whoever asked for a call, or may be the same person, can't be the second one to approve it.");
        }
    }

    /** What is not for this caller does not exist. */
    static ProblemException absent() {
        return new ProblemException(
                Problem.APPROVAL_NOT_FOUND, "It never waited, is over, or is not for you to decide.");
    }

    private Approval decide(Conversation opened, String runId, Approvals.Verdict verdict, Identity approver)
            throws InterruptedException {
        Approval shown = Approvals.requireWaiting(opened, verdict);
        if (shown.approvedBy() != null) {
            throw new ProblemException(Problem.APPROVAL_DECIDED, "Somebody has approved it before.");
        }
        Arguments edited = verdict.edited();
        Approval approval = edited == null ? shown : shown.with(edited);
        PendingTurn pending = Objects.requireNonNull(opened.pending());
        PendingTurn changed = verdict.approve() ? approved(pending, shown, approval, approver) : null;
        TurnAudit recorded = audit.turn(approver.subject(), "approvals", runId).onBehalfOf(opened.owner());
        recorded.inConversation(opened.id());
        recorded.decided(
                shown.callId(),
                shown.tool(),
                approval.arguments().json(),
                edited == null ? null : shown.arguments().json(),
                verdict.approve(),
                verdict.reason());
        PendingTurn next = changed == null
                ? Approvals.answered(
                        pending,
                        shown.in(Approval.Stage.DECLINED),
                        Approvals.declined(Texts.declined(verdict.reason())))
                : changed;
        waiting.of(opened.owner(), opened.id(), pending).lay(next);
        conversations.save(opened, runId, Conversations.Change.waiting(next, null));
        return Objects.requireNonNull(Approvals.find(next, shown.callId()));
    }

    private PendingTurn approved(PendingTurn pending, Approval shown, Approval approval, Identity approver)
            throws InterruptedException {
        ToolCatalog now = toolbox.all(Deadline.in(config.tools().listTimeout()));
        if (!now.available()) {
            throw new ProblemException(Problem.TOOLS_UNAVAILABLE, "Nothing was decided.", SOON, null);
        }
        Tool tool = now.find(approval.tool()).orElse(null);
        if (tool == null || !tool.fingerprint().equals(approval.fingerprint())) {
            throw new ProblemException(
                    Problem.TOOL_CHANGED,
                    "The tool is gone or another one. Decline the call, or let the one who asked look at it again.");
        }
        if (!shown.digest().equals(approval.digest())) {
            Approvals.requireFitting(tool, approval.arguments());
            requireUsable(toolbox.refusal(tool, approval.arguments()));
        }
        Instant until = Approvals.until(config);
        return Approvals.with(pending, approval.by(approver.subject(), until));
    }

    private static void requireUsable(@Nullable String refusal) {
        if (refusal != null) {
            throw new ProblemException(Problem.INVALID_REQUEST, refusal);
        }
    }
}
