package io.mcpagent.model;

import io.mcpagent.base.Breaker;
import io.mcpagent.base.Deadline;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.http.HttpExchange;
import io.mcpagent.model.ModelException.Kind;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The model that is asked first and the one that stands in for it. A throttled or failed attempt is repeated after a random wait, within the
 * deadline, the attempts of a call and the retries that all calls have together; then the other model is asked, with a body of its own. Nothing is repeated once a part of
 * a reply was passed on, or when the service refused the request itself.
 */
@Singleton
public class Models implements Model {

    private static final Logger LOG = Logger.getLogger(Models.class);
    private static final long FIRST_WAIT_MILLIS = 200;
    private static final long LONGEST_WAIT_MILLIS = 5_000;

    private final BedrockModel bedrock;
    private final int maxAttempts;
    private final Candidate primary;
    private final @Nullable Candidate fallback;
    private final Candidate summing;
    private final RetryBudget budget = new RetryBudget();

    /** A model that may be asked. */
    private static final class Candidate {
        private final String id;
        private final ModelRow row;
        private final RequestBody bodies;
        private final Breaker breaker;
        private volatile @Nullable String trouble;

        Candidate(String id, AgentConfig config, ModelTable table) {
            this.id = id;
            this.row = table.row(id);
            this.bodies = new RequestBody(config, row);
            this.breaker =
                    new Breaker(config.model().breakerFailures(), config.model().breakerDelay());
        }
    }

    /** One attempt with a model. */
    @FunctionalInterface
    private interface Attempt {
        ModelReply ask(Candidate model, RequestBody.Bytes body) throws ModelException, InterruptedException;
    }

    Models(AgentConfig config, BedrockModel bedrock, ModelTable table) {
        this.bedrock = bedrock;
        this.maxAttempts = Math.max(1, config.model().maxAttempts());
        this.primary = new Candidate(config.model().id(), config, table);
        this.fallback = config.model()
                .fallbackId()
                .filter(id -> !id.equals(primary.id))
                .map(id -> new Candidate(id, config, table))
                .orElse(null);
        this.summing = config.model()
                .summaryId()
                .map(id -> new Candidate(id, config, table))
                .orElse(primary);
    }

    @Override
    public ModelReply converse(ModelRequest request) throws ModelException, InterruptedException {
        return new Call(request, (model, body) -> bedrock.converse(model.id, body, request)).ask();
    }

    @Override
    public ModelReply stream(ModelRequest request, ReplyListener listener) throws ModelException, InterruptedException {
        return new Call(
                        request,
                        (model, body) -> bedrock.stream(model.id, body, model.row.silence(), request, listener))
                .ask();
    }

    @Override
    public ModelReply sumUp(ModelRequest request) throws ModelException, InterruptedException {
        return new Call(request, (model, body) -> bedrock.converse(model.id, body, request)).ask(summing, maxAttempts);
    }

    @Override
    public String modelId() {
        return primary.id;
    }

    /** Why this account can't ask a model, in our words, as the service said last; by model id. */
    public Map<String, String> troubles() {
        Map<String, String> troubles = new LinkedHashMap<>();
        for (Candidate model : new Candidate[] {primary, fallback, summing}) {
            String trouble = model == null ? null : model.trouble;
            if (model != null && trouble != null) {
                troubles.put(model.id, trouble);
            }
        }
        return troubles;
    }

    /** The state of the breaker of each model, by model id, the primary one first. */
    public Map<String, Breaker.BreakerState> breakers() {
        Map<String, Breaker.BreakerState> states = new LinkedHashMap<>();
        states.put(primary.id, primary.breaker.state());
        if (fallback != null) {
            states.put(fallback.id, fallback.breaker.state());
        }
        return states;
    }

    /** One call: all attempts that are made for it. For one thread. */
    private final class Call {

        private final ModelRequest request;
        private final Deadline deadline;
        private final Deadline end;
        private final Attempt attempt;

        /** The deadline is that of the run, which stops this call then; who calls without one is stopped a moment later. */
        Call(ModelRequest request, Attempt attempt) {
            this.request = request;
            this.deadline = request.deadline();
            this.end = HttpExchange.endAfter(deadline);
            this.attempt = attempt;
        }

        ModelReply ask() throws ModelException, InterruptedException {
            if (deadline.passed()) {
                throw new ModelException(Kind.TIMEOUT, "there was no time left to ask the model", false, null);
            }
            budget.earn();
            return fallback == null ? ask(primary, maxAttempts) : ask(primary, fallback);
        }

        private ModelReply ask(Candidate first, Candidate second) throws ModelException, InterruptedException {
            int attempts = Math.max(1, maxAttempts / 2);
            try {
                return ask(first, attempts);
            } catch (ModelException e) {
                if (!another(e) || end.passed()) {
                    throw e;
                }
                LOG.logf(
                        e.kind() == Kind.BREAKER_OPEN ? Logger.Level.DEBUG : Logger.Level.WARN,
                        "%s: %s; asking %s",
                        first.id,
                        e.getMessage(),
                        second.id);
                int used = e.kind() == Kind.BREAKER_OPEN ? 0 : attempts;
                return ask(second, Math.max(1, maxAttempts - used));
            }
        }

        private ModelReply ask(Candidate model, int attempts) throws ModelException, InterruptedException {
            ThinkingRules.Fitted fitted = ThinkingRules.fit(model.row, request);
            RequestBody.Bytes body = model.bodies.write(fitted.request());
            for (int made = 1; ; made++) {
                try {
                    return fitted.bound(askOnce(model, body));
                } catch (ModelException e) {
                    if (made >= attempts || !again(e, made)) {
                        throw e;
                    }
                    Duration pause = pause(made, e.retryAfter());
                    if (pause.compareTo(deadline.left()) >= 0 || !budget.spend()) {
                        throw e;
                    }
                    LOG.debugf("Model %s: %s; trying again in %s", model.id, e.getMessage(), pause);
                    Thread.sleep(pause);
                }
            }
        }

        private ModelReply askOnce(Candidate model, RequestBody.Bytes body)
                throws ModelException, InterruptedException {
            if (!model.breaker.allows(deadline.asker())) {
                throw new ModelException(Kind.BREAKER_OPEN, "the breaker of " + model.id + " is open", false, null);
            }
            boolean told = false;
            try {
                ModelReply reply = attempt.ask(model, body);
                model.trouble = null;
                model.breaker.succeeded();
                told = true;
                return reply;
            } catch (ModelException e) {
                model.trouble = e.kind() == Kind.ACCESS ? e.advice() : model.trouble;
                told = tell(model.breaker, e);
                throw e;
            } finally {
                if (!told) {
                    model.breaker.abandoned();
                }
            }
        }

        /** Whether the failure told the breaker anything. A service that throttles or refuses is well: it answers. */
        private boolean tell(Breaker breaker, ModelException e) {
            boolean outOfTime = e.kind() == Kind.TIMEOUT && e.heard() && end.passed();
            if (outOfTime || e.kind() == Kind.BREAKER_OPEN) {
                return false;
            }
            switch (e.kind()) {
                case UNAVAILABLE, TIMEOUT, BROKEN_STREAM -> breaker.failed(deadline.asker());
                default -> breaker.succeeded();
            }
            return true;
        }
    }

    /** Whether the same model may be asked again: of silence, which costs most of the time, once, and not where another model can be asked. */
    private boolean again(ModelException e, int made) {
        return !e.heard()
                && switch (e.kind()) {
                    case THROTTLED, UNAVAILABLE, BROKEN_STREAM -> true;
                    case TIMEOUT -> made == 1 && fallback == null;
                    case INVALID, ACCESS, BREAKER_OPEN -> false;
                };
    }

    /** Whether the other model may be asked. */
    private static boolean another(ModelException e) {
        return !e.heard() && e.kind() != Kind.INVALID;
    }

    /** Full jitter: a random part of a time that doubles, so that throttled calls don't come back together. */
    private static Duration pause(int made, Duration retryAfter) {
        long most = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(made - 1, 10));
        Duration random = Duration.ofMillis(ThreadLocalRandom.current().nextLong(most + 1));
        return retryAfter.plus(random);
    }
}
