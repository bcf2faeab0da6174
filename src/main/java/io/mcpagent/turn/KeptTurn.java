package io.mcpagent.turn;

import io.mcpagent.base.Ids;
import io.mcpagent.budget.Meter;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.Conversations.Change;
import io.mcpagent.conversation.IdempotentReplies;
import io.mcpagent.conversation.IdempotentReplies.Claim;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What the store holds of an open turn: the idempotency key and the conversation, both taken for its run, the conversation at its current version.
 * Each step of the turn, its end, and what was broken off are stored here. For one thread.
 */
final class KeptTurn {

    private static final Logger LOG = Logger.getLogger(KeptTurn.class);

    /** How much longer than a turn may take its conversation and its key stay taken if the process dies, for storing the turn. */
    private static final Duration LEASE_MARGIN = Duration.ofSeconds(10);

    private final Turns.Services services;
    private final Question question;
    private final String runId;

    // What has been taken so far; null or false if it was not, or was given back.
    private boolean claimed;
    private @Nullable Conversation conversation;
    private WaitingCalls.@Nullable LaidCalls asked;
    private boolean leased;
    private boolean wrote;

    KeptTurn(Turns.Services services, Question question, String runId) {
        this.services = services;
        this.question = question;
        this.runId = runId;
    }

    /** Claims the request's key, if it has one; gives the answer of before if there is one. */
    @Nullable
    String claim() {
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

    /** Takes the conversation, or makes one that is not stored. */
    Conversation open() {
        return switch (question) {
            case Question.Unstored unstored -> {
                Instant now = Instant.now();
                Conversation brought =
                        new Conversation(Ids.random(), unstored.owner(), 0, now, now, unstored.history(), null);
                conversation = brought;
                yield brought;
            }
            case Question.Ask message -> lease(message.owner(), message.conversationId(), message.createIfAbsent());
            case Question.Decision decision -> lease(decision.owner(), decision.conversationId(), false);
        };
    }

    private Conversation lease(String owner, @Nullable String id, boolean createIfAbsent) {
        Conversation opened = services.conversations().open(owner, id, createIfAbsent, runId, lease());
        conversation = opened;
        leased = true;
        asked = services.waiting().of(owner, opened.id(), opened.pending());
        return opened;
    }

    private Duration lease() {
        return services.config().turn().deadline().plus(LEASE_MARGIN);
    }

    /** The conversation as it is stored now. */
    Conversation conversation() {
        return Objects.requireNonNull(conversation);
    }

    /** The conversation that was opened, or null. */
    @Nullable
    Conversation opened() {
        return conversation;
    }

    /** Whether the conversation is taken for this run. */
    boolean leased() {
        return leased;
    }

    /** Counts what the turn costs, on top of what it had cost when it began to wait. */
    Meter meter(@Nullable PendingTurn pending) {
        return services.budget()
                .open(
                        question.caller(),
                        question.stored() ? conversation().id() : null,
                        pending == null ? null : pending.receipt());
    }

    /** Whether a call was sent that may have changed something. */
    boolean wrote() {
        return wrote;
    }

    /** Stores a step of the turn, which goes on. */
    void step(PendingTurn pending) {
        if (question.stored()) {
            store(Change.step(pending, wrote ? replyIfItDies(pending) : null));
        }
    }

    /**
     * A call is about to be sent that may change something: the store learns it first, and from then on the request is not as if it had never been.
     *
     * @param pending the turn as it is found if the process dies
     * @throws StoreUnavailableException if the store does not answer; the call must not be sent then
     */
    void begins(PendingTurn pending) {
        if (question.stored()) {
            store(Change.step(pending, replyIfItDies(pending)));
        }
        wrote = true;
    }

    /**
     * Such a call is over. A failure here must not sound like one before the call: the caller would ask for the same write again.
     *
     * @param pending the turn with the call's result
     */
    void ended(PendingTurn pending) {
        try {
            step(pending);
        } catch (StoreUnavailableException e) {
            LOG.warnf("The result of a call could not be stored: %s", e.getMessage());
            throw new ProblemException(
                    Problem.STORE_UNAVAILABLE,
                    "The tool was called, but its result could not be stored. It will not be called again; look at the"
                            + " data before you ask anew.",
                    null,
                    e);
        }
    }

    /** What the request's key answers if nothing more is heard of this run. */
    private IdempotentReplies.@Nullable Reply replyIfItDies(PendingTurn pending) {
        if (question.key() == null) {
            return null;
        }
        Stopped stopped = stopped(pending, TurnOutcome.FAILED);
        return reply(stopped.reached.result(conversation().id(), runId, stopped.end));
    }

    /** A turn that is not to be gone on with by its run. */
    private record Stopped(TurnProgress reached, TurnEnd end) {}

    private Stopped stopped(PendingTurn pending, TurnOutcome how) {
        PendingTurn known = Approvals.interrupted(pending);
        if (Approvals.anyOpen(known, Instant.now())) {
            // The rest of the calls still waits for its decision.
            return new Stopped(
                    TurnProgress.after(known, meter(known)),
                    new TurnEnd.NeedsApproval(known.modelId(), known.results(), known.approvals()));
        }
        PendingTurn settled = Approvals.settle(known);
        TurnProgress reached = TurnProgress.after(settled, meter(settled));
        reached.messages.add(new Message(Role.USER, List.copyOf(settled.results())));
        return stopped(reached, how);
    }

    private Stopped stopped(TurnProgress reached, TurnOutcome how) {
        reached.breakOff(Texts.BROKEN_OFF);
        return new Stopped(reached, new TurnEnd.Answered(how, services.model().modelId()));
    }

    /** Stores how the turn ended, with the answer for its key. */
    TurnResult finish(TurnProgress reached, TurnEnd end) {
        TurnResult result = reached.result(conversation().id(), runId, end);
        if (question.stored()) {
            save(reached, end, result);
        }
        return result;
    }

    /**
     * Stores a turn that is not to be forgotten where it stands, as a history that can be gone on with.
     *
     * @param progress what it has gathered; null if it failed while decisions were carried out
     */
    void breakOff(@Nullable TurnProgress progress, TurnOutcome how) {
        Stopped stopped = progress == null
                ? stopped(Objects.requireNonNull(conversation().pending()), how)
                : stopped(progress, how);
        finish(stopped.reached, stopped.end);
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
                                            reached.calls(),
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
                                            reached.calls(),
                                            result.receipt()),
                                    reply);
                    });
        } catch (StoreUnavailableException e) {
            LOG.warnf("A turn that had ended could not be stored: %s", e.getMessage());
            throw new ProblemException(
                    Problem.STORE_UNAVAILABLE,
                    reached.calls().isEmpty()
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
    private void store(Change change) {
        Objects.requireNonNull(asked).lay(change.pending());
        conversation = services.conversations().save(conversation(), runId, change);
        leased = change.keepLease();
        claimed &= change.reply() == null || change.keepLease();
    }

    /** Gives the conversation back, if it is still taken. */
    void release() {
        if (leased) {
            leased = false;
            services.conversations().release(conversation(), runId);
        }
    }

    /** Gives the key back, if it is still taken and nothing was done under it. */
    void abandon() {
        Question.IdempotencyKey key = question.key();
        // Freed, the key would let a repeated request write again.
        if (claimed && !wrote && key != null) {
            claimed = false;
            services.replies().abandon(question.owner(), key.value(), runId);
        }
    }
}
