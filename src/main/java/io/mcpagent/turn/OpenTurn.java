package io.mcpagent.turn;

import io.mcpagent.base.Ids;
import io.mcpagent.budget.Meter;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.Conversations.Change;
import io.mcpagent.conversation.IdempotentReplies;
import io.mcpagent.conversation.IdempotentReplies.Claim;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.ModelException;
import io.mcpagent.model.Role;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.TurnTelemetry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One request for a turn, from its acceptance to its end, and the one owner of all that is taken for it: the caller's place, the idempotency key,
 * the run, and the conversation at its current version. {@link #close} gives everything back, whatever happened. How the turn ended is decided
 * here, once. For one thread.
 */
public final class OpenTurn implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(OpenTurn.class);

    /** How much longer than a turn may take its conversation and its key stay taken if the process dies, for storing the turn. */
    private static final Duration LEASE_MARGIN = Duration.ofSeconds(10);

    private final Turns.Services services;
    private final Question question;
    private final String runId = Ids.random();

    // What has been taken so far; null or false if it was not, or was given back.
    private Client.@Nullable Slot place;
    private boolean claimed;
    private @Nullable TurnTelemetry telemetry;
    private @Nullable Run run;
    private @Nullable Conversation conversation;
    private boolean leased;
    private boolean wrote;

    private @Nullable String earlierAnswer;
    private @Nullable TurnProgress progress;
    private @Nullable Receipt before;
    private @Nullable TurnOutcome outcome;
    private @Nullable Problem problem;
    private @Nullable String modelId;
    private boolean closed;

    private OpenTurn(Turns.Services services, Question question) {
        this.services = services;
        this.question = question;
    }

    static OpenTurn of(Turns.Services services, Question question, Client client) {
        OpenTurn turn = new OpenTurn(services, question);
        boolean taken = false;
        try {
            turn.take(client);
            taken = true;
            return turn;
        } catch (RuntimeException e) {
            throw turn.failed(e);
        } finally {
            if (!taken) {
                turn.close();
            }
        }
    }

    private void take(Client client) {
        place = client.admit();
        earlierAnswer = claim();
        if (earlierAnswer != null) {
            close();
            return;
        }
        telemetry = services.telemetry().begin(runId, question.traceparent());
        run = services.runs().begin(runId, telemetry, services.config().turn().deadline());
        client.began(run);
        conversation = openConversation();
        telemetry.inConversation(conversation.id());
        if (leased) {
            services.runs().bind(run, question.owner(), conversation.id());
            requireNoneWaits(conversation);
        }
    }

    /** Claims the request's key, if it has one; gives the answer of before if there is one. */
    private @Nullable String claim() {
        Question.IdempotencyKey key = question.key();
        if (key == null) {
            return null;
        }
        return switch (services.replies().claim(question.owner(), key.value(), key.requestHash(), runId, lease())) {
            case Claim.Claimed _ -> {
                claimed = true;
                yield null;
            }
            case Claim.AlreadyAnswered(String body) -> body;
            case Claim.Running _ ->
                throw new ProblemException(
                        Problem.REQUEST_RUNNING, "Ask again for its answer in a moment.", Duration.ofSeconds(2), null);
            case Claim.Mismatch _ ->
                throw new ProblemException(Problem.IDEMPOTENCY_KEY_REUSED, "Send a new key with a new request.");
        };
    }

    private Conversation openConversation() {
        return switch (question) {
            case Question.Unstored unstored -> {
                Instant now = Instant.now();
                yield new Conversation(Ids.random(), unstored.owner(), 0, now, now, unstored.history(), null);
            }
            case Question.Ask message -> lease(message.owner(), message.conversationId(), message.createIfAbsent());
            case Question.Decision decision -> lease(decision.owner(), decision.conversationId(), false);
        };
    }

    private Conversation lease(String owner, @Nullable String id, boolean createIfAbsent) {
        Conversation opened = services.conversations().open(owner, id, createIfAbsent, runId, lease());
        leased = true;
        return opened;
    }

    private Duration lease() {
        return services.config().turn().deadline().plus(LEASE_MARGIN);
    }

    private void requireNoneWaits(Conversation opened) {
        if (question.text() != null && opened.pending() != null && Approvals.anyOpen(opened.pending(), Instant.now())) {
            throw new ProblemException(
                    Problem.APPROVAL_PENDING,
                    "Approve or decline it before you go on: see GET /chat/" + opened.id() + ".");
        }
    }

    /** The answer that an earlier request of the same key was given, as {@link AnswerFormat} wrote it; null if this one is to be {@link #run}. */
    public @Nullable String earlierAnswer() {
        return earlierAnswer;
    }

    /** The id of the run, which the client may be told before it begins. */
    public String runId() {
        return runId;
    }

    /** The id of the conversation. */
    public String conversationId() {
        return conversation().id();
    }

    /** The conversation as it is stored now. */
    Conversation conversation() {
        return Objects.requireNonNull(conversation);
    }

    /** The run. */
    Run handle() {
        return Objects.requireNonNull(run);
    }

    /**
     * Carries out the decisions, runs the turn, and stores it; then everything that was taken has been given back. If it fails the conversation is
     * as the last stored step left it.
     *
     * @throws ProblemException if it failed
     */
    public TurnResult run(TurnListener listener) {
        try (this) {
            try {
                listener.on(new TurnEvent.Started(conversationId(), runId));
                listener.flush();
                if (question instanceof Question.Decision decision) {
                    Approvals.decide(this, services.tools(), decision.verdicts(), listener);
                }
                return goOn(listener);
            } catch (RuntimeException | InterruptedException | ModelException e) {
                throw failed(e);
            }
        }
    }

    private TurnResult goOn(TurnListener listener) throws InterruptedException, ModelException {
        Conversation opened = conversation();
        PendingTurn pending = opened.pending();
        if (pending != null && Approvals.anyOpen(pending, Instant.now())) {
            return finish(
                    TurnProgress.after(pending, meter(opened, pending)),
                    new TurnEnd.NeedsApproval(pending.modelId(), pending.results(), pending.approvals()));
        }
        PendingTurn settled = pending == null ? null : Approvals.settle(pending, Instant.now());
        Meter meter = meter(opened, settled);
        TurnProgress begun = settled == null ? TurnProgress.begin(meter) : TurnProgress.after(settled, meter);
        begun.messages.add(next(settled));
        before = begun.receipt();
        progress = begun;
        TurnEnd end = new Turn(
                        services.model(),
                        services.tools(),
                        services.config(),
                        handle(),
                        listener,
                        question.streaming(),
                        opened.turns(),
                        begun)
                .run();
        // From here on the answer is whole: whoever leaves now finds it in the conversation.
        handle().shield();
        return finish(begun, end);
    }

    private Meter meter(Conversation opened, @Nullable PendingTurn pending) {
        return services.budget()
                .open(
                        opened.owner(),
                        question.stored() ? opened.id() : null,
                        pending == null ? null : pending.receipt());
    }

    /** What the model hears next: the message, after the results of the calls that it waits for. */
    private Message next(@Nullable PendingTurn settled) {
        List<Content> content = new ArrayList<>(settled == null ? List.of() : settled.results());
        String text = question.text();
        if (text != null) {
            content.add(new Content.Text(text));
        }
        return new Message(Role.USER, content);
    }

    private TurnResult finish(TurnProgress reached, TurnEnd end) {
        TurnResult result = reached.result(conversationId(), runId, end);
        if (question.stored()) {
            save(reached, end, result);
        }
        ended(result.outcome(), null, result.model());
        return result;
    }

    /** A failure here must not sound like one before the turn: its tools have had their effect, and its answer may be stored all the same. */
    private void save(TurnProgress reached, TurnEnd end, TurnResult result) {
        IdempotentReplies.Reply reply = reply(result);
        try {
            store(
                    switch (end) {
                        case TurnEnd.Answered answered ->
                            Change.finished(
                                    new TurnRecord(
                                            runId,
                                            Instant.now(),
                                            answered.modelId(),
                                            reached.messages,
                                            reached.calls,
                                            result.receipt(),
                                            result.outcome()),
                                    reply);
                        case TurnEnd.NeedsApproval waiting ->
                            Change.waiting(
                                    new PendingTurn(
                                            runId,
                                            waiting.modelId(),
                                            reached.messages,
                                            waiting.results(),
                                            waiting.approvals(),
                                            reached.calls,
                                            result.receipt()),
                                    reply);
                    });
        } catch (StoreUnavailableException e) {
            LOG.warnf("A turn that had ended could not be stored: %s", e.getMessage());
            throw new ProblemException(
                    Problem.STORE_UNAVAILABLE,
                    reached.calls.isEmpty()
                            ? "The turn ended, but its answer may not have been stored. Look at the conversation before you ask again."
                            : "The turn ended and its tools were called, but it may not have been stored. Look at the conversation and the data before you ask again.",
                    null,
                    e);
        }
    }

    private IdempotentReplies.@Nullable Reply reply(TurnResult result) {
        Question.IdempotencyKey key = question.key();
        return key == null
                ? null
                : new IdempotentReplies.Reply(
                        question.owner(),
                        key.value(),
                        key.requestHash(),
                        services.answers().write(result));
    }

    /** Stores a change of the conversation, which is at its next version after that. */
    void store(Change change) {
        conversation = services.conversations().save(conversation(), runId, change);
        leased = change.keepLease();
        claimed &= change.reply() == null;
    }

    /** A call is being sent that may change something: from now on the request is not as if it had never been. */
    void writes() {
        wrote = true;
    }

    private ProblemException failed(Exception failure) {
        ProblemException told = Failures.problem(failure, run);
        TurnOutcome how = TurnOutcome.of(told.problem());
        ended(how, told.problem(), null);
        wrote |= progress != null && progress.wrote();
        if (!wrote || !leased || run == null) {
            return told;
        }
        // What stopped the run must not stop this: what was done is to be found, in the conversation and under the
        // request's key.
        run.end();
        try {
            storeBrokenOff(how);
            return new ProblemException(told.problem(), Texts.BROKEN_OFF, null, told);
        } catch (RuntimeException e) {
            LOG.errorf("A turn that had called tools was broken off and could not be stored: %s", e.getMessage());
            return told;
        }
    }

    private void storeBrokenOff(TurnOutcome how) {
        TurnProgress reached = progress;
        if (reached == null) {
            PendingTurn pending = Objects.requireNonNull(conversation().pending());
            if (Approvals.anyOpen(pending, Instant.now())) {
                // The rest of the calls still waits for its decision.
                TurnEnd waiting = new TurnEnd.NeedsApproval(pending.modelId(), pending.results(), pending.approvals());
                TurnProgress decided = TurnProgress.after(pending, meter(conversation(), pending));
                save(decided, waiting, decided.result(conversationId(), runId, waiting));
                return;
            }
            PendingTurn settled = Approvals.settle(pending, Instant.now());
            reached = TurnProgress.after(settled, meter(conversation(), settled));
            reached.messages.add(new Message(Role.USER, List.copyOf(settled.results())));
        }
        reached.breakOff(Texts.BROKEN_OFF);
        TurnEnd end = new TurnEnd.Answered(how, services.model().modelId());
        save(reached, end, reached.result(conversationId(), runId, end));
    }

    /** The first word counts: what fails after a turn was stored does not change how the turn ended. */
    private void ended(TurnOutcome how, @Nullable Problem why, @Nullable String model) {
        if (outcome == null) {
            outcome = how;
            problem = why;
            modelId = model;
        }
    }

    /** Gives everything back that is still taken. What is done a second time does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (run != null) {
            // What stopped the run must not hit what follows.
            run.end();
        }
        quietly("A conversation stays taken until its lease ends", this::release);
        quietly("An idempotency key stays taken until its lease ends", this::abandon);
        quietly("A place stays taken", () -> {
            if (run != null) {
                services.runs().end(run, conversation);
            }
            if (place != null) {
                place.giveBack();
            }
        });
        if (telemetry != null) {
            ended(TurnOutcome.FAILED, Problem.INTERNAL_ERROR, null);
            telemetry.end(
                    Objects.requireNonNull(outcome),
                    problem,
                    modelId,
                    before,
                    before == null || progress == null ? null : progress.receipt());
        }
    }

    private void release() {
        if (leased) {
            leased = false;
            services.conversations().release(conversation(), runId);
        }
    }

    private void abandon() {
        Question.IdempotencyKey key = question.key();
        // Freed, the key would let a repeated request write again.
        if (claimed && !wrote && key != null) {
            claimed = false;
            services.replies().abandon(question.owner(), key.value(), runId);
        }
    }

    /** One thing that can't be given back must keep nothing else taken, nor hide how the turn ended. */
    private static void quietly(String otherwise, Runnable step) {
        try {
            step.run();
        } catch (StoreUnavailableException e) {
            LOG.debug(otherwise, e);
        } catch (RuntimeException e) {
            LOG.error(otherwise, e);
        }
    }
}
