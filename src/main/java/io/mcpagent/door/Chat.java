package io.mcpagent.door;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.base.Ids;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.IdempotentReplies;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Approvals;
import io.mcpagent.turn.Failures;
import io.mcpagent.turn.Run;
import io.mcpagent.turn.TurnEvent;
import io.mcpagent.turn.TurnListener;
import io.mcpagent.turn.TurnRequest;
import io.mcpagent.turn.TurnResult;
import io.mcpagent.turn.Turns;
import jakarta.inject.Singleton;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jboss.logging.Logger;

/** Answers what people ask: one request is one {@link Exchange}. Safe for use by many threads. */
@Singleton
final class Chat {

    private static final Logger LOG = Logger.getLogger(Chat.class);

    private final Turns turns;
    private final Approvals approvals;
    private final IdempotentReplies replies;
    private final ObjectMapper json;

    Chat(Turns turns, Approvals approvals, IdempotentReplies replies, ObjectMapper json) {
        this.turns = turns;
        this.approvals = approvals;
        this.replies = replies;
        this.json = json;
    }

    /**
     * Accepts a request, up to the point from which on it can only succeed or fail as a turn: the conversation is taken. Must be followed by
     * {@link Exchange#answer} on the same thread.
     *
     * @param onRun hears of the run, so that it can be stopped when the client leaves
     * @throws ProblemException if it is not accepted
     */
    Exchange accept(Question question, Consumer<Run> onRun) {
        String answered = question.key() == null ? null : claim(question);
        if (answered != null) {
            return new Exchange(question, null, null, null, parse(answered));
        }
        Run run = null;
        try {
            run = turns.begin(Ids.random(), question.traceparent());
            onRun.accept(run);
            TurnRequest request = request(question);
            return new Exchange(question, run, turns.open(run, request), request, null);
        } catch (RuntimeException e) {
            if (run != null) {
                turns.end(run, null);
            }
            throw failed(question, run, e);
        }
    }

    /** Gives the answer to an accepted request, telling {@code listener} of it as it comes. */
    ChatReply answer(Exchange exchange, TurnListener listener) {
        try {
            listener.on(new TurnEvent.Started(exchange.conversationId(), exchange.runId()));
            listener.flush();
            if (exchange.earlier() != null) {
                return exchange.earlier();
            }
            Conversation opened = exchange.question() instanceof Question.Decision decision
                    ? decide(exchange, decision, listener)
                    : exchange.opened();
            TurnResult result = turns.run(exchange.run(), opened, exchange.request(), listener);
            listener.on(new TurnEvent.Finished(result));
            return ChatReply.of(result);
        } catch (RuntimeException | InterruptedException e) {
            ProblemException problem = failed(exchange.question(), exchange.run(), e);
            if (exchange.opened() != null) {
                turns.giveBack(exchange.run(), exchange.opened(), exchange.request());
            }
            throw problem;
        } finally {
            if (exchange.run() != null) {
                turns.end(exchange.run(), exchange.opened());
            }
        }
    }

    private Conversation decide(Exchange exchange, Question.Decision decision, TurnListener listener)
            throws InterruptedException {
        return approvals.decide(exchange.run(), exchange.opened(), decision.verdicts(), listener);
    }

    private TurnRequest request(Question question) {
        Question.Key key = question.key();
        Function<TurnResult, IdempotentReplies.Reply> reply = key == null
                ? null
                : result -> new IdempotentReplies.Reply(
                        question.owner(), key.value(), key.requestHash(), write(ChatReply.of(result)));
        return switch (question) {
            case Question.Message message ->
                new TurnRequest(
                        message.owner(),
                        message.conversationId(),
                        message.createIfAbsent(),
                        message.text(),
                        message.streaming(),
                        reply,
                        null);
            case Question.Decision decision ->
                new TurnRequest(
                        decision.owner(), decision.conversationId(), false, null, decision.streaming(), reply, null);
            case Question.Unstored unstored ->
                new TurnRequest(
                        unstored.owner(), null, false, unstored.text(), unstored.streaming(), null, unstored.history());
        };
    }

    /** The stored answer if there is one; null if the request is to be carried out. */
    private String claim(Question question) {
        return switch (replies.claim(
                question.owner(), question.key().value(), question.key().requestHash(), turns.lease())) {
            case IdempotentReplies.Claim.Claimed _ -> null;
            case IdempotentReplies.Claim.Answered(String body) -> body;
            case IdempotentReplies.Claim.Running _ ->
                throw new ProblemException(
                        Problem.REQUEST_RUNNING, "Ask again for its answer in a moment.", Duration.ofSeconds(2), null);
            case IdempotentReplies.Claim.Mismatch _ ->
                throw new ProblemException(Problem.IDEMPOTENCY_KEY_REUSED, "Send a new key with a new request.");
        };
    }

    private ProblemException failed(Question question, Run run, Exception failure) {
        if (question.key() != null) {
            abandon(question);
        }
        ProblemException problem = Failures.problem(failure, run);
        if (run != null) {
            run.telemetry().failed(problem.problem());
        }
        return problem;
    }

    /** The failure that is being told must not be hidden by one of the store; the claim ends by itself. */
    private void abandon(Question question) {
        try {
            replies.abandon(question.owner(), question.key().value());
        } catch (StoreUnavailableException e) {
            LOG.debug("An idempotency key stays taken until its lease ends", e);
        }
    }

    private String write(ChatReply reply) {
        try {
            return json.writeValueAsString(reply);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ChatReply parse(String reply) {
        try {
            return json.readValue(reply, ChatReply.class);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
