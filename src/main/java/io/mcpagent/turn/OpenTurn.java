package io.mcpagent.turn;

import io.mcpagent.audit.TurnAudit;
import io.mcpagent.base.Ids;
import io.mcpagent.budget.Meter;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.ModelException;
import io.mcpagent.model.Role;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.TurnTelemetry;
import io.mcpagent.tools.ToolOutcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One request for a turn, from its acceptance to its end, and the one owner of all that is taken for it: the caller's place, the run, and in the
 * store (see {@link KeptTurn}) the idempotency key and the conversation. {@link #close} gives everything back, whatever happened. How the turn
 * ended is decided here, once. For one thread.
 */
public final class OpenTurn implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(OpenTurn.class);

    private final Turns.Services services;
    private final Question question;
    private final String runId = Ids.random();
    private final KeptTurn kept;

    // What has been taken so far; null if it was not.
    private Client.@Nullable Slot place;
    private @Nullable TurnTelemetry telemetry;
    private @Nullable TurnAudit audit;
    private @Nullable Run run;

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
        this.kept = new KeptTurn(services, question, runId);
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
        earlierAnswer = kept.claim();
        if (earlierAnswer != null) {
            close();
            return;
        }
        telemetry = services.telemetry().begin(runId, question.traceparent());
        TurnAudit recorded = services.audit().turn(question.owner(), client.door(), runId);
        audit = recorded;
        run = services.runs()
                .begin(
                        runId,
                        question.caller(),
                        telemetry,
                        recorded,
                        services.config().turn().deadline());
        client.began(run);
        Conversation opened = kept.open();
        telemetry.inConversation(opened.id());
        recorded.inConversation(opened.id());
        if (services.config().model().requestMetadata()) {
            run.inConversation(opened.id());
        }
        if (kept.leased()) {
            services.runs().bind(run, question.owner(), opened.id());
            requireNoneWaits(opened);
        }
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
        return kept.conversation().id();
    }

    /**
     * Carries out the decisions, runs the turn, and stores it; then everything that was taken has been given back. If it fails the conversation is
     * as the last stored step left it.
     *
     * @throws ProblemException if it failed
     */
    public TurnResult run(TurnListener listener) {
        Run running = Objects.requireNonNull(run);
        try (this) {
            try {
                listener.on(new TurnEvent.Started(conversationId(), runId));
                listener.flush();
                if (question instanceof Question.Decision decision) {
                    Approvals.decide(kept, running, services.tools(), decision.verdicts(), listener);
                }
                return goOn(running, listener);
            } catch (RuntimeException | InterruptedException | ModelException e) {
                throw failed(e);
            }
        }
    }

    private TurnResult goOn(Run running, TurnListener listener) throws InterruptedException, ModelException {
        PendingTurn pending = kept.conversation().pending();
        if (pending != null && Approvals.anyOpen(pending, Instant.now())) {
            return finish(
                    TurnProgress.after(pending, kept.meter(pending)),
                    new TurnEnd.NeedsApproval(pending.modelId(), pending.results(), pending.approvals()));
        }
        PendingTurn settled = pending == null ? null : Approvals.settle(pending);
        Meter meter = kept.meter(settled);
        TurnProgress begun = settled == null ? TurnProgress.begin(meter) : TurnProgress.after(settled, meter);
        begun.messages.add(next(settled));
        if (settled != null && settled.calls().stream().anyMatch(OpenTurn::isUnknown)) {
            begun.notices.add(Texts.UNKNOWN_BEFORE);
        }
        before = begun.receipt();
        progress = begun;
        TurnEnd end = new Turn(
                        services.model(),
                        services.tools(),
                        services.config(),
                        system(),
                        running,
                        listener,
                        question.streaming(),
                        kept.conversation().turns(),
                        begun,
                        new WriteAhead(kept, running, begun))
                .run();
        // From here on the answer is whole: whoever leaves now finds it in the conversation.
        running.shield();
        return finish(begun, end);
    }

    private static boolean isUnknown(CallRecord call) {
        return call.outcome() == ToolOutcome.OUTCOME_UNKNOWN;
    }

    /** A caller who keeps the conversation sends none of our notes with its earlier messages: what stays the same for a day is said before them all. */
    private String system() {
        String prompt = services.config().systemPrompt();
        return question.stored() ? prompt : prompt + "\n\n" + today();
    }

    private String today() {
        return Today.at(Instant.now(), services.config().timeZone());
    }

    /** What the model hears next: the message, after the results of the calls that it waits for. */
    private Message next(@Nullable PendingTurn settled) {
        List<Content> content = new ArrayList<>(settled == null ? List.of() : settled.results());
        String text = question.text();
        if (text != null) {
            content.add(new Content.Text(text));
            if (question.stored()) {
                content.add(new Content.Note(today()));
            }
        }
        return new Message(Role.USER, content);
    }

    private TurnResult finish(TurnProgress reached, TurnEnd end) {
        TurnResult result = kept.finish(reached, end);
        ended(result.outcome(), null, result.model());
        return result;
    }

    private ProblemException failed(Exception failure) {
        ProblemException told = Failures.problem(failure, run);
        TurnOutcome how = TurnOutcome.of(told.problem());
        ended(how, told.problem(), null);
        if (!kept.wrote() || !kept.leased() || run == null) {
            return told;
        }
        // What stopped the run must not stop this: what was done is to be found, in the conversation and under the
        // request's key.
        run.end();
        try {
            kept.breakOff(progress, how);
            return new ProblemException(told.problem(), Texts.BROKEN_OFF, null, told);
        } catch (RuntimeException e) {
            LOG.errorf("A turn that had called tools was broken off and could not be stored: %s", e.getMessage());
            return told;
        }
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
        quietly("A conversation stays taken until its lease ends", kept::release);
        quietly("An idempotency key stays taken until its lease ends", kept::abandon);
        quietly("A place stays taken", () -> {
            if (run != null) {
                services.runs().end(run, kept.opened());
            }
            if (place != null) {
                place.giveBack();
            }
        });
        if (audit != null && problem == Problem.BUDGET_EXCEEDED) {
            audit.budgetRefused();
        }
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
