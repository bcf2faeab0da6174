package io.mcpagent.access;

import io.github.bucket4j.ConsumptionProbe;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.CallerLimits;
import io.mcpagent.identity.CallerLimits.Quantity;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.inject.Singleton;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * How much callers may ask of this instance: requests in a minute and turns at once, each of them and all together. Where nobody signs in only
 * the limits for all hold, since callers can't be told apart. Each instance counts for itself. Safe for use by many threads.
 */
@Singleton
public final class Limits {

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final int SWEEP_AT = 1_000;
    private static final Account UNLIMITED = new Account(Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final AgentConfig.AccessSettings config;
    private final CurrentIdentityAssociation current;
    private final VerifiedCaller caller;
    private final CallerLimits own;
    private final Account all;
    private final boolean limitsAllRequests;
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();
    private volatile long sweptAt = System.nanoTime();

    Limits(AgentConfig config, CurrentIdentityAssociation current, VerifiedCaller caller, CallerLimits own) {
        this.config = config.access();
        this.current = current;
        this.caller = caller;
        this.own = own;
        this.limitsAllRequests = this.config.totalRequestsPerMinute().isPresent();
        this.all = new Account(
                this.config.totalRequestsPerMinute().orElse(Integer.MAX_VALUE), this.config.totalConcurrentTurns());
    }

    /** A turn that may run. */
    public interface Place extends AutoCloseable {

        /** Gives the place to another turn. Only the first time counts. */
        @Override
        void close();
    }

    /**
     * Takes a place for one more turn of the current caller.
     *
     * @throws ProblemException if no more may run: of this caller, or in this instance
     */
    public Place take() {
        Account account = account(current.getIdentity());
        if (!account.begin()) {
            throw tooMany();
        }
        if (!all.begin()) {
            account.end();
            throw full();
        }
        AtomicBoolean taken = new AtomicBoolean(true);
        return () -> {
            if (taken.compareAndSet(true, false)) {
                account.end();
                all.end();
            }
        };
    }

    /** Looks, without taking it, whether there is a place for one more turn, so that a refusal costs next to nothing. */
    void requireRoom(SecurityIdentity identity) {
        if (!account(identity).hasRoom()) {
            throw tooMany();
        }
        if (!all.hasRoom()) {
            throw full();
        }
    }

    /**
     * What is left to a caller after a request was counted.
     *
     * @param quota     how many requests a minute has
     * @param remaining how many are left now
     * @param reset     when all are there again
     * @param problem   why this one is refused, or null if it is not
     */
    record Quota(
            long quota,
            long remaining,
            Duration reset,
            @Nullable ProblemException problem) {}

    /** Counts a request of this caller; null where callers can't be told apart and all of them have no limit. */
    @Nullable
    Quota count(SecurityIdentity identity) {
        if (identity.isAnonymous()) {
            return limitsAllRequests
                    ? quota(all, Problem.OVERLOADED, "All callers together sent too many requests.")
                    : null;
        }
        Account account = account(identity);
        Quota own =
                quota(account, Problem.RATE_LIMITED, "You may send " + account.requests() + " requests in a minute.");
        if (own.problem() != null || !limitsAllRequests) {
            return own;
        }
        Quota total = quota(all, Problem.OVERLOADED, "All callers together sent too many requests.");
        return total.problem() == null ? own : new Quota(own.quota(), own.remaining(), own.reset(), total.problem());
    }

    private static Quota quota(Account account, Problem problem, String detail) {
        ConsumptionProbe probe = account.request();
        ProblemException refused = probe.isConsumed()
                ? null
                : new ProblemException(problem, detail, Duration.ofNanos(probe.getNanosToWaitForRefill()), null);
        return new Quota(
                account.requests(),
                probe.getRemainingTokens(),
                Duration.ofNanos(probe.getNanosToWaitForReset()),
                refused);
    }

    private Account account(SecurityIdentity identity) {
        if (identity.isAnonymous()) {
            return UNLIMITED;
        }
        ApiKey key = identity.getAttribute(Credentials.API_KEY);
        int requests = limit(
                Quantity.REQUESTS_PER_MINUTE,
                identity,
                key == null ? null : key.requestsPerMinute(),
                config.requestsPerMinute());
        int turns = limit(
                Quantity.CONCURRENT_TURNS,
                identity,
                key == null ? null : key.concurrentTurns(),
                config.concurrentTurns());
        sweep();
        Account account = accounts.computeIfAbsent(Subjects.of(identity), subject -> new Account(requests, turns));
        account.limit(requests, turns);
        return account;
    }

    /** The identity is read only if some caller has a limit of their own: it needs the token's claims. */
    private int limit(Quantity quantity, SecurityIdentity identity, @Nullable Integer ofKey, int usual) {
        return own.any(quantity)
                ? own.of(quantity, caller.identity(identity), ofKey)
                        .map(BigDecimal::intValueExact)
                        .orElse(usual)
                : Objects.requireNonNullElse(ofKey, usual);
    }

    /** Forgets callers who have been away for so long that their limits are whole again. */
    private void sweep() {
        long now = System.nanoTime();
        if (accounts.size() > SWEEP_AT && now - sweptAt > Account.WINDOW.toNanos()) {
            sweptAt = now;
            accounts.values().removeIf(Account::idle);
        }
    }

    private static ProblemException tooMany() {
        return new ProblemException(
                Problem.RATE_LIMITED, "You have reached your limit of concurrent turns.", SOON, null);
    }

    private static ProblemException full() {
        return new ProblemException(
                Problem.OVERLOADED, "This instance has reached its limit of concurrent turns.", SOON, null);
    }
}
