package io.mcpagent.budget;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Counts what was spent, in atomic steps, over all tasks that share it. Safe for use by many threads. All methods may throw
 * {@link io.mcpagent.conversation.StoreUnavailableException}.
 */
public interface Ledger {

    /** What is counted: whole micro-dollars, and tokens. */
    record Amount(long microDollars, long tokens) {

        public static final Amount ZERO = new Amount(0, 0);

        public Amount plus(Amount other) {
            return new Amount(microDollars + other.microDollars, tokens + other.tokens);
        }

        public Amount minus(Amount other) {
            return new Amount(microDollars - other.microDollars, tokens - other.tokens);
        }
    }

    /**
     * Something that amounts are counted for.
     *
     * @param name    such as {@code day#2026-11-22#…}; every use of one name is the same account
     * @param limit   what it may hold at most; {@link Long#MAX_VALUE} for no limit
     * @param expires when it may be forgotten, never earlier than in the uses before
     */
    record BudgetAccount(String name, Amount limit, Instant expires) {}

    /** The limit that did not allow a reservation. */
    record Refusal(String account, boolean dollars) {}

    /**
     * Adds {@code amount} to all accounts, or to none if one would pass its limit. Done twice under the same id it counts once.
     *
     * @param id names the reservation for {@link #settle}
     * @return empty if it was added, else the first limit that was in the way
     */
    Optional<Refusal> reserve(String id, Amount amount, List<BudgetAccount> accounts);

    /**
     * Replaces what was reserved by what was used, whatever the limits. Does nothing where no such reservation is open, so that it counts once
     * however often it is done.
     */
    void settle(String id, Amount reserved, Amount used, List<BudgetAccount> accounts);

    /** What the account holds, with what is reserved; zero if it is absent or forgotten. */
    Amount balance(String account);
}
