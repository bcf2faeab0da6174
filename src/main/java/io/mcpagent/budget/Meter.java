package io.mcpagent.budget;

import io.mcpagent.budget.BudgetExceededException.Limit;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Spending;
import io.mcpagent.model.Usage;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What one request spends. Each request to a model is {@link #reserve reserved}, then ended by exactly one of the reservation's methods; what
 * comes after the first of them does nothing. For use by one thread at a time.
 */
public final class Meter {

    private static final Logger LOG = Logger.getLogger(Meter.class);

    private final Budget budget;
    private final Identity caller;
    private final Ledger.Amount requestLimit;
    private final @Nullable String conversationId;

    private int modelCalls;
    private Usage usage = Usage.NONE;
    private boolean priced = true;
    private Ledger.Amount spent = Ledger.Amount.ZERO;
    private Ledger.Amount reserved = Ledger.Amount.ZERO;

    Meter(Budget budget, Identity caller, @Nullable String conversationId, @Nullable Receipt soFar) {
        this.budget = budget;
        this.caller = caller;
        this.requestLimit = budget.requestLimit(caller);
        this.conversationId = conversationId;
        if (soFar != null) {
            modelCalls = soFar.modelCalls();
            usage = soFar.usage();
            BigDecimal dollars = soFar.dollars();
            priced = dollars != null;
            spent = new Ledger.Amount(dollars == null ? 0 : Prices.microDollars(dollars), usage.total());
        }
    }

    /**
     * Reserves what the next request to a model may cost at most.
     *
     * @param estimatedTokens an estimate of what is sent: system prompt, tools and messages
     * @param maxOutputTokens the longest reply that is asked for
     * @throws BudgetExceededException   if it does not fit under a limit
     * @throws StoreUnavailableException if a limit is set and the ledger does not answer; a reservation that it took all the same stays counted
     */
    public Reservation reserve(String modelId, long estimatedTokens, long maxOutputTokens) {
        Usage longest = new Usage(budget.tokenizers().most(modelId, estimatedTokens), maxOutputTokens, 0, 0);
        Ledger.Amount most = new Ledger.Amount(
                budget.prices().most(modelId, longest.input(), maxOutputTokens, budget.hourWrites(modelId)),
                longest.total());
        Ledger.Amount next = spent.plus(reserved).plus(most);
        requireWithin(requestLimit, next, Limit.REQUEST_DOLLARS, Limit.REQUEST_TOKENS);
        if (conversationId == null) {
            // Nobody can come back to it: what it may cost is counted here, and needs no account that outlives it.
            requireWithin(
                    budget.conversationLimit(caller), next, Limit.CONVERSATION_DOLLARS, Limit.CONVERSATION_TOKENS);
        }
        List<Ledger.BudgetAccount> accounts = budget.accounts(caller, conversationId);
        String id = UUID.randomUUID().toString();
        if (!accounts.isEmpty()) {
            Optional<Ledger.Refusal> refusal = budget.ledger().reserve(id, most, accounts);
            if (refusal.isPresent()) {
                throw budget.exceeded(refusal.get());
            }
        }
        reserved = reserved.plus(most);
        return new Reservation(id, modelId, estimatedTokens, longest, most, accounts);
    }

    /** The longest prompt, in estimated tokens, that any model which may be asked can take beside such a reply. */
    public long longestPrompt(long maxOutputTokens) {
        return budget.longestPrompt(maxOutputTokens);
    }

    private static void requireWithin(Ledger.Amount limit, Ledger.Amount next, Limit dollars, Limit tokens) {
        if (next.microDollars() > limit.microDollars()) {
            throw new BudgetExceededException(dollars, null);
        }
        if (next.tokens() > limit.tokens()) {
            throw new BudgetExceededException(tokens, null);
        }
    }

    /**
     * The receipt as it stands.
     *
     * @param toolCalls tool calls that were made in the whole turn
     * @param millis    how long the whole turn took
     */
    public Receipt receipt(int toolCalls, long millis) {
        BigDecimal dollars = priced ? Prices.dollars(spent.microDollars()) : null;
        return new Receipt(modelCalls, usage, dollars, toolCalls, millis);
    }

    /** Whether a model was asked that has no price, so that the receipt has no dollars. */
    public boolean unpriced() {
        return !priced;
    }

    /** What was reserved for one request to a model. */
    public final class Reservation implements Spending.Attempt {

        private final String id;
        private final String modelId;
        private final long estimatedTokens;
        private final Usage longest;
        private final Ledger.Amount most;
        private final List<Ledger.BudgetAccount> accounts;
        private boolean ended;

        private Reservation(
                String id,
                String modelId,
                long estimatedTokens,
                Usage longest,
                Ledger.Amount most,
                List<Ledger.BudgetAccount> accounts) {
            this.id = id;
            this.modelId = modelId;
            this.estimatedTokens = estimatedTokens;
            this.longest = longest;
            this.most = most;
            this.accounts = accounts;
        }

        /** Counts what the service counted, at the price of the model that was asked; what it can't have used is counted as unknown. */
        @Override
        public void settle(Usage used) {
            if (ended) {
                return;
            }
            if (impossible(used)) {
                LOG.errorf("Model %s: the service reported an impossible usage of %s", modelId, used);
                budget.alarms().usageRefused(modelId);
                settleUnknown();
                return;
            }
            budget.tokenizers().counted(modelId, estimatedTokens, used.prompt());
            // All that we have cached stays for as long as we asked for, whether the service says so or not.
            Usage kept = budget.hourWrites(modelId)
                    ? new Usage(used.input(), used.output(), used.cacheRead(), used.cacheWrite(), used.cacheWrite())
                    : used;
            count(used, budget.prices().cost(modelId, kept).orElse(0L));
        }

        private boolean impossible(Usage used) {
            return used.input() < 0
                    || used.output() < 0
                    || used.cacheRead() < 0
                    || used.cacheWrite() < 0
                    || used.hourWrite() < 0
                    || used.hourWrite() > used.cacheWrite()
                    || used.output() > longest.output()
                    || Math.max(used.input(), Math.max(used.cacheRead(), used.cacheWrite())) > Integer.MAX_VALUE
                    || Tokenizers.impossible(estimatedTokens, used.prompt());
        }

        /** Counts the most that it can have cost: it was sent, and the service never said what it counted. */
        @Override
        public void settleUnknown() {
            if (!ended) {
                count(longest, most.microDollars());
            }
        }

        private void count(Usage used, long microDollars) {
            if (!budget.prices().knows(modelId)) {
                priced = false;
                budget.alarms().unpriced(modelId);
            }
            modelCalls++;
            usage = usage.plus(used);
            end(new Ledger.Amount(microDollars, used.total()));
        }

        /** Nothing was billed: the service refused the request, or never got it. */
        @Override
        public void cancel() {
            if (!ended) {
                end(Ledger.Amount.ZERO);
            }
        }

        private void end(Ledger.Amount used) {
            ended = true;
            reserved = reserved.minus(most);
            spent = spent.plus(used);
            if (accounts.isEmpty()) {
                return;
            }
            try {
                budget.ledger().settle(id, most, used, accounts);
            } catch (StoreUnavailableException e) {
                // The answer is there and paid for: it must not be lost for this. What was reserved, which is more,
                // stays counted.
                LOG.warnf("Could not settle a budget reservation; its maximum stays charged: %s", e.getMessage());
            }
        }
    }
}
