package io.mcpagent.turn;

import io.mcpagent.base.Ids;
import io.mcpagent.budget.Budget;
import io.mcpagent.budget.Meter;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.Conversations;
import io.mcpagent.conversation.Conversations.Change;
import io.mcpagent.conversation.IdempotentReplies;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Model;
import io.mcpagent.model.Role;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.Telemetry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jboss.logging.Logger;

/**
 * Runs turns in conversations: takes the conversation, lets the {@link Turn} run, and stores it whole, or leaves everything as it was.
 * Safe for use by many threads.
 */
@Singleton
public final class Turns {

    private static final Logger LOG = Logger.getLogger(Turns.class);

    /** How much longer than a turn may take the conversation stays taken, for storing it. */
    private static final Duration LEASE_MARGIN = Duration.ofSeconds(10);

    private final Model model;
    private final ToolCalls tools;
    private final Budget budget;
    private final Conversations conversations;
    private final Runs runs;
    private final Telemetry telemetry;
    private final AgentConfig config;

    Turns(
            Model model,
            ToolCalls tools,
            Budget budget,
            Conversations conversations,
            Runs runs,
            Telemetry telemetry,
            AgentConfig config) {
        this.model = model;
        this.tools = tools;
        this.budget = budget;
        this.conversations = conversations;
        this.runs = runs;
        this.telemetry = telemetry;
        this.config = config;
    }

    /** How long a request may hold a conversation or an idempotency key. */
    public Duration lease() {
        return config.turn().deadline().plus(LEASE_MARGIN);
    }

    /** Begins a run on the calling thread, which must end it with {@link #end}. */
    public Run begin(String runId, String traceparent) {
        return runs.begin(
                runId, telemetry.begin(runId, traceparent), config.turn().deadline());
    }

    /**
     * Takes the conversation that the request names, or a new one; one that its caller keeps is made of what the request brings along.
     *
     * @throws ProblemException if it is busy, absent, somebody else's, or waits for approval
     */
    public Conversation open(Run run, TurnRequest request) {
        if (!request.stored()) {
            Instant now = Instant.now();
            Conversation passing =
                    new Conversation(Ids.random(), request.owner(), 0, now, now, request.history(), null);
            run.telemetry().inConversation(passing.id());
            return passing;
        }
        Conversation opened = conversations.open(
                request.owner(), request.conversationId(), request.createIfAbsent(), run.id(), lease());
        try {
            runs.bind(run, request.owner(), opened.id());
            run.telemetry().inConversation(opened.id());
            if (opened.pending() != null
                    && request.message() != null
                    && Approvals.anyOpen(opened.pending(), Instant.now())) {
                throw new ProblemException(
                        Problem.APPROVAL_PENDING,
                        "Approve or decline it before you go on: see GET /chat/" + opened.id() + ".");
            }
            return opened;
        } catch (RuntimeException e) {
            conversations.release(opened, run.id());
            throw e;
        }
    }

    /** Gives a conversation back as it is, after its run failed. */
    public void giveBack(Run run, Conversation opened, TurnRequest request) {
        // What ended the run must not keep the conversation taken.
        run.end();
        if (!request.stored()) {
            return;
        }
        try {
            conversations.release(opened, run.id());
        } catch (StoreUnavailableException e) {
            LOG.debug("A conversation stays taken until its lease ends", e);
        }
    }

    /** Ends a run, whatever became of it. */
    public void end(Run run, Conversation opened) {
        run.telemetry().end();
        runs.end(run, opened);
    }

    /**
     * Runs the turn that the request asks for, in an opened conversation, and stores it. If it fails, the conversation is as it was.
     *
     * @throws ProblemException if the turn failed
     */
    public TurnResult run(Run run, Conversation opened, TurnRequest request, TurnListener listener) {
        PendingTurn pending = opened.pending();
        if (pending != null && Approvals.anyOpen(pending, Instant.now())) {
            TurnEnd end = new TurnEnd.Waiting(pending.modelId(), pending.results(), pending.approvals());
            return store(run, opened, request, TurnProgress.after(pending, meter(opened, pending)), end);
        }
        PendingTurn settled = pending == null ? null : Approvals.settle(pending, Instant.now());
        Meter meter = meter(opened, settled);
        TurnProgress progress = settled == null ? TurnProgress.begin(meter) : TurnProgress.after(settled, meter);
        progress.messages.add(next(settled, request));
        Receipt before = progress.receipt();
        var deadline = runs.stopAtDeadline(run);
        try {
            TurnEnd end =
                    new Turn(model, tools, config, run, listener, request.streaming(), opened.turns(), progress).run();
            // From here on the answer is whole: whoever leaves now finds it in the conversation.
            run.shield();
            return store(run, opened, request, progress, end);
        } catch (Exception e) {
            throw Failures.problem(e, run);
        } finally {
            deadline.cancel(false);
            run.telemetry().cost(before, progress.receipt());
            run.end();
        }
    }

    private Meter meter(Conversation opened, PendingTurn pending) {
        return budget.open(opened.owner(), opened.id(), pending == null ? null : pending.receipt());
    }

    /** What the model hears next: the message, after the results of the calls that it waits for. */
    private static Message next(PendingTurn settled, TurnRequest request) {
        List<Content> content = new ArrayList<>(settled == null ? List.of() : settled.results());
        if (request.message() != null) {
            content.add(new Content.Text(request.message()));
        }
        return new Message(Role.USER, content);
    }

    private TurnResult store(Run run, Conversation opened, TurnRequest request, TurnProgress progress, TurnEnd end) {
        TurnResult result = switch (end) {
            case TurnEnd.Answered(TurnOutcome outcome, String modelId) ->
                new TurnResult(
                        opened.id(),
                        run.id(),
                        outcome,
                        progress.answer(),
                        progress.calls,
                        modelId,
                        progress.notices,
                        progress.receipt(),
                        List.of());
            case TurnEnd.Waiting waiting ->
                new TurnResult(
                        opened.id(),
                        run.id(),
                        TurnOutcome.APPROVAL_REQUIRED,
                        progress.answer(),
                        progress.calls,
                        waiting.modelId(),
                        progress.notices,
                        progress.receipt(),
                        waiting.approvals());
        };
        if (!request.stored()) {
            return result;
        }
        IdempotentReplies.Reply reply =
                request.reply() == null ? null : request.reply().apply(result);
        save(
                run,
                opened,
                progress,
                switch (end) {
                    case TurnEnd.Answered answered ->
                        Change.finished(
                                new TurnRecord(
                                        run.id(),
                                        Instant.now(),
                                        answered.modelId(),
                                        progress.messages,
                                        progress.calls,
                                        result.receipt()),
                                reply);
                    case TurnEnd.Waiting waiting ->
                        Change.waiting(
                                new PendingTurn(
                                        run.id(),
                                        waiting.modelId(),
                                        progress.messages,
                                        waiting.results(),
                                        waiting.approvals(),
                                        progress.calls,
                                        result.receipt()),
                                reply);
                });
        run.telemetry().answered(result.outcome().name().toLowerCase(Locale.ROOT), result.model());
        return result;
    }

    /** A failure here must not sound like one before the turn: its tools have had their effect, and its answer may be stored all the same. */
    private void save(Run run, Conversation opened, TurnProgress progress, Change change) {
        try {
            conversations.save(opened, run.id(), change);
        } catch (StoreUnavailableException e) {
            LOG.warnf("A turn that had ended could not be stored: %s", e.getMessage());
            throw new ProblemException(
                    Problem.STORE_UNAVAILABLE,
                    progress.calls.isEmpty()
                            ? "The turn ended, but its answer may not have been stored. Look at the conversation before you ask again."
                            : "The turn ended and its tools were called, but it may not have been stored. Look at the conversation and the data before you ask again.",
                    null,
                    e);
        }
    }
}
