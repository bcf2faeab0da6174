package io.mcpagent.turn;

import io.mcpagent.base.Sha256;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.Tool;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolCatalog;
import io.mcpagent.tools.ToolOutcome;
import io.mcpagent.tools.ToolRound;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what a person decided on the waiting tool calls of a turn. Before an approved call is sent, the store records it as executing, and
 * only one request can write that record. So the call runs at most once; if the process dies in between, its outcome is reported as unknown. For
 * the turn's thread only.
 */
public final class Approvals {

    private static final Duration SOON = Duration.ofSeconds(2);

    private final KeptTurn turn;
    private final Run run;
    private final ToolCalls tools;
    private final TurnListener listener;

    private Approvals(KeptTurn turn, Run run, ToolCalls tools, TurnListener listener) {
        this.turn = turn;
        this.run = run;
        this.tools = tools;
        this.listener = listener;
    }

    /**
     * What a person decided on a call.
     *
     * @param reason why it was declined, in their words, which the model reads; null if they did not say
     * @param edited the arguments with which it was approved; null for those that were shown
     * @param digest the {@linkplain Approval#digest() digest} of the arguments that were shown; null if the client does not say
     */
    public record Verdict(
            String callId,
            boolean approve,
            @Nullable String reason,
            @Nullable Arguments edited,
            @Nullable String digest) {

        private static final int LONGEST_REASON = 1_000;

        /** A decision on the call as it was asked for. */
        public Verdict(String callId, boolean approve) {
            this(callId, approve, null, null, null);
        }

        /** @throws ProblemException if it has a reason that is no reason, or edits what it declines */
        public Verdict {
            if (reason != null && (approve || reason.isBlank() || reason.length() > LONGEST_REASON)) {
                throw new ProblemException(
                        Problem.INVALID_REQUEST,
                        "A reason is for declining, not blank, and " + LONGEST_REASON + " characters at most.");
            }
            if (edited != null && !approve) {
                throw new ProblemException(Problem.INVALID_REQUEST, "Only a call that is approved can be edited.");
            }
            String flaw = edited == null ? null : edited.flaw();
            if (flaw != null) {
                throw new ProblemException(Problem.INVALID_REQUEST, flaw);
            }
        }
    }

    /**
     * Decides calls of an open turn, and runs those that were approved, one after the other. The turn goes on when no call waits any more.
     *
     * @throws ProblemException if a call doesn't wait for approval, was decided before, or can't be approved any more; nothing was done then
     */
    static void decide(KeptTurn turn, Run run, ToolCalls tools, List<Verdict> verdicts, TurnListener listener)
            throws InterruptedException {
        for (Verdict verdict : verdicts) {
            Approval waiting = requireWaiting(turn.conversation(), verdict);
            requireSecond(waiting, verdict, tools, run);
            if (verdict.edited() != null) {
                requireFitting(tools.current(run).find(waiting.tool()).orElse(null), verdict.edited());
            }
        }
        run.shield();
        try {
            Approvals approvals = new Approvals(turn, run, tools, listener);
            for (Verdict verdict : verdicts) {
                Approval shown = Objects.requireNonNull(find(approvals.pending(), verdict.callId()));
                Approval approval = verdict.edited() == null ? shown : shown.with(verdict.edited());
                run.audit()
                        .decided(
                                approval.callId(),
                                approval.tool(),
                                approval.arguments().json(),
                                verdict.edited() == null
                                        ? null
                                        : shown.arguments().json(),
                                verdict.approve(),
                                verdict.reason());
                if (verdict.approve()) {
                    approvals.execute(shown, approval);
                } else {
                    approvals.close(approval, declined(Texts.declined(verdict.reason())));
                }
            }
        } finally {
            run.unshield();
        }
    }

    /** Whoever asked has run what another person approved, and exactly that. */
    private static void requireSecond(Approval waiting, Verdict verdict, ToolCalls tools, Run run) {
        List<String> approvers = verdict.approve() ? tools.approversOf(waiting) : List.of();
        if (approvers.isEmpty()) {
            return;
        }
        if (waiting.approvedBy() == null) {
            run.audit().rightsDenied(waiting.callId(), waiting.tool());
            throw new ProblemException(
                    Problem.APPROVAL_NEEDS_ANOTHER, "It waits for " + String.join(" or ", approvers) + ".");
        }
        if (verdict.edited() != null) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "The arguments are those that another person approved. Leave yours out.");
        }
    }

    private PendingTurn pending() {
        return Objects.requireNonNull(turn.conversation().pending());
    }

    /** What a person wrote is held against what the tool takes; one that is not there is left to the call to tell. */
    static void requireFitting(@Nullable Tool tool, Arguments edited) {
        String flaw =
                tool == null ? null : EditedArguments.flaw(tool.definition().inputSchema(), edited);
        if (flaw != null) {
            throw new ProblemException(Problem.INVALID_REQUEST, "The arguments " + flaw + ".");
        }
    }

    static Approval requireWaiting(Conversation opened, Verdict verdict) {
        PendingTurn pending = opened.pending();
        String callId = verdict.callId();
        Approval approval = pending == null ? null : find(pending, callId);
        if (approval == null) {
            throw finished(opened, callId)
                    ? decided()
                    : new ProblemException(Problem.APPROVAL_NOT_FOUND, "It was never asked for.");
        }
        if (approval.state() != Approval.Stage.PENDING) {
            throw decided();
        }
        // Declining is never too late.
        if (verdict.approve() && !Instant.now().isBefore(approval.expiresAt())) {
            throw new ProblemException(
                    Problem.APPROVAL_EXPIRED, "The call did not happen. Ask again if it is still wanted.");
        }
        if (verdict.digest() != null && !verdict.digest().equals(approval.digest())) {
            throw new ProblemException(
                    Problem.APPROVAL_CHANGED, "Look at the conversation for what waits, and decide on that.");
        }
        return approval;
    }

    /** Runs the call as it was approved, unless it is not the one any more that was asked for. */
    private void execute(Approval shown, Approval approval) throws InterruptedException {
        ToolCatalog now = tools.current(run);
        if (!now.available()) {
            throw new ProblemException(
                    Problem.TOOLS_UNAVAILABLE, "The call was not made, and still waits.", SOON, null);
        }
        Tool tool = now.find(approval.tool()).orElse(null);
        if (tool == null || tools.forbids(tool, run.caller())) {
            ToolAnswer refusal = tool == null ? gone() : ToolCalls.forbidden();
            run.audit()
                    .refused(
                            approval.callId(),
                            approval.tool(),
                            approval.arguments().json(),
                            refusal.outcome().name());
            close(approval, refusal);
            return;
        }
        if (!tool.fingerprint().equals(approval.fingerprint())) {
            turn.step(with(pending(), shown.askedAgain(tool.fingerprint(), tools.approvableUntil())));
            throw new ProblemException(
                    Problem.TOOL_CHANGED, "The call was not made. Look at it again, then approve or decline it.");
        }
        boolean edited = !Sha256.hex(asked(pending(), approval.callId()).json()).equals(approval.digest());
        if (edited) {
            // The list may have come back, or changed, since the decision was read.
            requireFitting(tool, approval.arguments());
        }
        tell(approval, tools.callApproved(approval, tool, run, new MadeCall.Steps() {
            @Override
            public void before(ToolRound.Call call) {
                turn.begins(begun(pending(), approval));
            }

            @Override
            public void after(ToolRound.Call call, ToolAnswer result) {
                turn.ended(answered(pending(), approval.in(Approval.Stage.EXECUTED), told(result)));
            }

            // The model's own call stays in the history as it was: it must know that another one was made.
            private ToolAnswer told(ToolAnswer result) {
                return edited
                        ? new ToolAnswer(
                                result.outcome(),
                                Texts.edited(approval.arguments().json()) + result.text(),
                                result.millis(),
                                result.rows())
                        : result;
            }
        }));
    }

    /** What the model asked for, whatever people made of it. */
    private static Arguments asked(PendingTurn pending, String callId) {
        return pending.messages().getLast().toolUses().stream()
                .filter(use -> use.id().equals(callId))
                .findFirst()
                .orElseThrow()
                .input();
    }

    /** Until when a call can be approved, or be run as it was approved, of which that is said now. */
    static Instant until(AgentConfig config) {
        return Instant.now().plus(config.tools().approvalTimeout()).truncatedTo(ChronoUnit.SECONDS);
    }

    private static ToolAnswer gone() {
        return new ToolAnswer(ToolOutcome.UNAVAILABLE, "The tool is not available any more. It was not called.", 0);
    }

    static ToolAnswer declined(String why) {
        return new ToolAnswer(ToolOutcome.DECLINED, why, 0);
    }

    /** The call is not made. */
    private void close(Approval approval, ToolAnswer result) {
        turn.step(answered(pending(), approval.in(Approval.Stage.DECLINED), result));
        tell(approval, result);
    }

    private void tell(Approval approval, ToolAnswer result) {
        listener.on(new TurnEvent.ToolCallResult(run.id() + "-" + approval.callId(), approval.callId(), result));
        listener.flush();
    }

    /** Whether a call still waits for a person at that moment. */
    public static boolean anyOpen(PendingTurn pending, Instant now) {
        return pending.approvals().stream()
                .anyMatch(approval -> approval.state() == Approval.Stage.PENDING && now.isBefore(approval.expiresAt()));
    }

    /** The turn with a result for every call: those that were never decided in time, and those that the process died in, get one here. */
    static PendingTurn settle(PendingTurn pending) {
        PendingTurn settled = interrupted(pending);
        for (Approval approval : pending.approvals()) {
            if (approval.state() == Approval.Stage.PENDING) {
                settled = answered(settled, approval.in(Approval.Stage.DECLINED), declined(Texts.EXPIRED));
            }
        }
        return inModelsOrder(settled);
    }

    /** The turn with a result for the call that its run died in. */
    static PendingTurn interrupted(PendingTurn pending) {
        PendingTurn known = pending;
        for (Approval approval : pending.approvals()) {
            if (approval.state() == Approval.Stage.EXECUTING) {
                known = answered(
                        known,
                        approval.in(Approval.Stage.EXECUTED),
                        new ToolAnswer(ToolOutcome.OUTCOME_UNKNOWN, Texts.OUTCOME_UNKNOWN, 0));
            }
        }
        return known;
    }

    private static ProblemException decided() {
        return new ProblemException(Problem.APPROVAL_DECIDED, "A call can be approved or declined once.");
    }

    private static boolean finished(Conversation opened, String callId) {
        return opened.turns().stream()
                .flatMap(turn -> turn.calls().stream())
                .anyMatch(call -> call.id().equals(callId));
    }

    static @Nullable Approval find(PendingTurn pending, String callId) {
        return pending.approvals().stream()
                .filter(approval -> approval.callId().equals(callId))
                .findFirst()
                .orElse(null);
    }

    /** The turn as it is found if its process dies within the call. */
    private static PendingTurn begun(PendingTurn pending, Approval approval) {
        return with(
                pending,
                approval.in(Approval.Stage.EXECUTING),
                pending.results(),
                new ToolAnswer(ToolOutcome.OUTCOME_UNKNOWN, "", 0));
    }

    static PendingTurn with(PendingTurn pending, Approval changed) {
        return new PendingTurn(
                pending.runId(),
                pending.modelId(),
                pending.messages(),
                pending.results(),
                pending.approvals().stream()
                        .map(each -> each.callId().equals(changed.callId()) ? changed : each)
                        .toList(),
                pending.calls(),
                pending.receipt());
    }

    private static PendingTurn with(
            PendingTurn pending, Approval changed, List<Content.ToolResult> results, ToolAnswer known) {
        PendingTurn decided = with(pending, changed);
        return new PendingTurn(
                decided.runId(),
                decided.modelId(),
                decided.messages(),
                results,
                decided.approvals(),
                decided.calls().stream()
                        .map(call -> call.id().equals(changed.callId())
                                ? new CallRecord(
                                        call.id(), call.name(), changed.arguments(), known.outcome(), known.millis())
                                : call)
                        .toList(),
                decided.receipt());
    }

    static PendingTurn answered(PendingTurn pending, Approval decided, ToolAnswer result) {
        List<Content.ToolResult> results = new ArrayList<>(pending.results());
        results.add(new Content.ToolResult(decided.callId(), result.text(), result.isError()));
        return with(pending, decided, results, result);
    }

    private static PendingTurn inModelsOrder(PendingTurn pending) {
        List<String> order = pending.messages().getLast().toolUses().stream()
                .map(Content.ToolUse::id)
                .toList();
        List<Content.ToolResult> results = pending.results().stream()
                .sorted(Comparator.comparingInt(result -> order.indexOf(result.toolUseId())))
                .toList();
        return new PendingTurn(
                pending.runId(),
                pending.modelId(),
                pending.messages(),
                results,
                pending.approvals(),
                pending.calls(),
                pending.receipt());
    }
}
