package io.mcpagent.turn;

import io.mcpagent.budget.BudgetExceededException;
import io.mcpagent.conversation.ConversationBusyException;
import io.mcpagent.conversation.ConversationNotFoundException;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.model.ModelException;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Says of any failure of a turn what its caller may know. What is behind it goes to the log. */
public final class Failures {

    private static final Logger LOG = Logger.getLogger(Failures.class);
    private static final Duration SOON = Duration.ofSeconds(2);

    private Failures() {}

    /** The problem that a turn ends with; {@code run} is null if none had begun. */
    public static ProblemException problem(Exception failure, @Nullable Run run) {
        Run.Reason reason = run == null ? null : run.reason();
        // A cancelled run fails in many ways, depending on where the interrupt hit it.
        if (reason != null && !(failure instanceof ProblemException)) {
            return cancelled(reason);
        }
        return switch (failure) {
            case ProblemException known -> known;
            case ModelException model -> problem(model);
            case BudgetExceededException budget ->
                new ProblemException(
                        Problem.BUDGET_EXCEEDED,
                        "The limit " + budget.limit().setting() + " is reached.",
                        budget.retryAfter().orElse(null),
                        budget);
            case ConversationBusyException busy ->
                new ProblemException(Problem.CONVERSATION_BUSY, "Wait for its answer, or stop it.", SOON, busy);
            case ConversationNotFoundException absent ->
                new ProblemException(
                        Problem.CONVERSATION_NOT_FOUND,
                        "It never existed, has expired, or belongs to somebody else.",
                        null,
                        absent);
            case StoreUnavailableException store ->
                logged(Problem.STORE_UNAVAILABLE, "No turn was stored. Try again in a moment.", SOON, store);
            // The answer can't be written any more.
            case UncheckedIOException gone -> cancelled(Run.Reason.CLIENT_GONE);
            default ->
                logged(
                        Problem.INTERNAL_ERROR,
                        "The turn was broken off; the conversation is as it was.",
                        null,
                        failure);
        };
    }

    private static ProblemException cancelled(Run.Reason reason) {
        return switch (reason) {
            case DEADLINE ->
                new ProblemException(Problem.DEADLINE_EXCEEDED, "The turn was stopped; the conversation is as it was.");
            case SHUTDOWN ->
                new ProblemException(
                        Problem.SHUTTING_DOWN, "The turn was stopped; the conversation is as it was.", SOON, null);
            case DELETED, CLIENT_GONE ->
                new ProblemException(Problem.TURN_CANCELLED, "The conversation is as it was before.");
        };
    }

    private static ProblemException problem(ModelException failure) {
        return switch (failure.kind()) {
            case THROTTLED -> logged(Problem.MODEL_BUSY, "Try again in a moment.", SOON, failure);
            case UNAVAILABLE -> logged(Problem.MODEL_UNAVAILABLE, "Try again in a moment.", SOON, failure);
            // One line when the breaker opened is enough.
            case BREAKER_OPEN ->
                new ProblemException(Problem.MODEL_UNAVAILABLE, "Try again in a moment.", SOON, failure);
            case TIMEOUT -> logged(Problem.DEADLINE_EXCEEDED, "The model was silent for too long.", null, failure);
            case BROKEN_STREAM ->
                logged(Problem.MODEL_FAILED, "The conversation is as it was; ask again.", null, failure);
            case INVALID, ACCESS -> logged(Problem.MODEL_REFUSED, "The log of the service says why.", null, failure);
        };
    }

    private static ProblemException logged(
            Problem problem, String detail, @Nullable Duration retryAfter, Exception cause) {
        if (problem == Problem.INTERNAL_ERROR) {
            LOG.error("A turn failed", cause);
        } else {
            LOG.warnf("A turn failed (%s): %s", problem.slug(), cause.getMessage());
        }
        return new ProblemException(problem, detail, retryAfter, cause);
    }
}
