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
 * deadline, the attempts of a call and the retries that all calls have together; then the other model is asked. Nothing is repeated once a part of
 * a reply was passed on, or when the service refused the request itself.
 */
@Singleton
public class Models implements Model {

    private static final Logger LOG = Logger.getLogger(Models.class);
    private static final long FIRST_WAIT_MILLIS = 200;
    private static final long LONGEST_WAIT_MILLIS = 5_000;

    private final BedrockModel bedrock;
    private final RequestBody bodies;
    private final int maxAttempts;
    private final Candidate primary;
    private final @Nullable Candidate fallback;
    private final RetryBudget budget = new RetryBudget();

    private record Candidate(String id, Breaker breaker) {
        Candidate(String id, AgentConfig.ModelSettings config) {
            this(id, new Breaker(config.breakerFailures(), config.breakerDelay()));
        }
    }

    /** One attempt with the model of that id. */
    @FunctionalInterface
    private interface Attempt {
        ModelReply ask(String modelId) throws ModelException, InterruptedException;
    }

    Models(AgentConfig config, BedrockModel bedrock, RequestBody bodies) {
        this.bedrock = bedrock;
        this.bodies = bodies;
        this.maxAttempts = Math.max(1, config.model().maxAttempts());
        this.primary = new Candidate(config.model().id(), config.model());
        this.fallback = config.model()
                .fallbackId()
                .filter(id -> !id.equals(primary.id))
                .map(id -> new Candidate(id, config.model()))
                .orElse(null);
    }

    @Override
    public ModelReply converse(ModelRequest request) throws ModelException, InterruptedException {
        RequestBody.Bytes body = bodies.write(request);
        return new Call(request.deadline(), id -> bedrock.converse(id, body, request)).ask();
    }

    @Override
    public ModelReply stream(ModelRequest request, ReplyListener listener) throws ModelException, InterruptedException {
        RequestBody.Bytes body = bodies.write(request);
        return new Call(request.deadline(), id -> bedrock.stream(id, body, request, listener)).ask();
    }

    @Override
    public String modelId() {
        return primary.id;
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

        private final Deadline deadline;
        private final Deadline end;
        private final Attempt attempt;

        /** @param deadline of the run, which stops this call then; who calls without one is stopped a moment later */
        Call(Deadline deadline, Attempt attempt) {
            this.deadline = deadline;
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
            for (int made = 1; ; made++) {
                try {
                    return askOnce(model);
                } catch (ModelException e) {
                    if (made >= attempts || !again(e)) {
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

        private ModelReply askOnce(Candidate model) throws ModelException, InterruptedException {
            if (!model.breaker.allows()) {
                throw new ModelException(Kind.BREAKER_OPEN, "the breaker of " + model.id + " is open", false, null);
            }
            boolean told = false;
            try {
                ModelReply reply = attempt.ask(model.id);
                model.breaker.succeeded();
                told = true;
                return reply;
            } catch (ModelException e) {
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
                case UNAVAILABLE, TIMEOUT, BROKEN_STREAM -> breaker.failed();
                default -> breaker.succeeded();
            }
            return true;
        }
    }

    /** Whether the same model may be asked again: silence has cost too much time for that. */
    private static boolean again(ModelException e) {
        return !e.heard()
                && switch (e.kind()) {
                    case THROTTLED, UNAVAILABLE, BROKEN_STREAM -> true;
                    case TIMEOUT, INVALID, ACCESS, BREAKER_OPEN -> false;
                };
    }

    /** Whether the other model may be asked. */
    private static boolean another(ModelException e) {
        return !e.heard() && e.kind() != Kind.INVALID && e.kind() != Kind.ACCESS;
    }

    /** Full jitter: a random part of a time that doubles, so that throttled calls don't come back together. */
    private static Duration pause(int made, Duration retryAfter) {
        long most = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(made - 1, 10));
        Duration random = Duration.ofMillis(ThreadLocalRandom.current().nextLong(most + 1));
        return retryAfter.plus(random);
    }
}
