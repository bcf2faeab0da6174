package io.mcpagent.budget;

import io.mcpagent.budget.BudgetExceededException.Limit;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.model.Usage;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What one request spends. Each model call is {@link #reserve reserved}, then ended by exactly one of the reservation's methods; what comes after
 * the first of them does nothing. For use by one thread at a time.
 */
public final class Meter {

    private static final Logger LOG = Logger.getLogger(Meter.class);

    private final Budget budget;
    private final String subject;
    private final @Nullable String conversationId;

    private int modelCalls;
    private Usage usage = Usage.NONE;
    private boolean priced = true;
    private Ledger.Amount spent = Ledger.Amount.ZERO;
    private Ledger.Amount reserved = Ledger.Amount.ZERO;

    Meter(Budget budget, String subject, @Nullable String conversationId, @Nullable Receipt soFar) {
        this.budget = budget;
        this.subject = subject;
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
     * Reserves what the next model call may cost at most.
     *
     * @param estimatedInputTokens what is sent: system prompt, tools and messages
     * @param maxOutputTokens      the longest reply that is asked for
     * @throws BudgetExceededException   if it does not fit under a limit
     * @throws StoreUnavailableException if a limit is set and the ledger does not answer; a reservation that it took all the same stays counted
     */
    public Reservation reserve(long estimatedInputTokens, long maxOutputTokens) {
        Ledger.Amount most = budget.most(estimatedInputTokens, maxOutputTokens);
        Ledger.Amount next = spent.plus(reserved).plus(most);
        requireWithin(budget.requestLimit(), next, Limit.REQUEST_DOLLARS, Limit.REQUEST_TOKENS);
        if (conversationId == null) {
            // Nobody can come back to it: what it may cost is counted here, and needs no account that outlives it.
            requireWithin(budget.conversationLimit(), next, Limit.CONVERSATION_DOLLARS, Limit.CONVERSATION_TOKENS);
        }
        List<Ledger.BudgetAccount> accounts = budget.accounts(subject, conversationId);
        String id = UUID.randomUUID().toString();
        if (!accounts.isEmpty()) {
            Optional<Ledger.Refusal> refusal = budget.ledger().reserve(id, most, accounts);
            if (refusal.isPresent()) {
                throw budget.exceeded(refusal.get());
            }
        }
        reserved = reserved.plus(most);
        return new Reservation(id, most, accounts, estimatedInputTokens);
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

    /** What was reserved for one model call. */
    public final class Reservation {

        private final String id;
        private final Ledger.Amount most;
        private final List<Ledger.BudgetAccount> accounts;
        private final long estimatedInputTokens;
        private boolean ended;

        private Reservation(
                String id, Ledger.Amount most, List<Ledger.BudgetAccount> accounts, long estimatedInputTokens) {
            this.id = id;
            this.most = most;
            this.accounts = accounts;
            this.estimatedInputTokens = estimatedInputTokens;
        }

        /** The model replied: counts what the service counted, at the price of the model that answered. */
        public void settle(String modelId, Usage used) {
            if (!ended) {
                Optional<Long> cost = budget.prices().cost(modelId, used);
                priced &= cost.isPresent();
                modelCalls++;
                usage = usage.plus(used);
                end(new Ledger.Amount(cost.orElse(0L), used.total()));
            }
        }

        /** Nothing was billed: the service refused the request, or never got it. */
        public void cancel() {
            if (!ended) {
                end(Ledger.Amount.ZERO);
            }
        }

        /**
         * The call broke off after it was sent, and the service never said what it counted: counts the estimate of what was sent, and of what was
         * heard. It shows in the receipt as well.
         *
         * @param heardTokens an estimate of what the model had written
         */
        public void settleUnknown(String modelId, long heardTokens) {
            settle(modelId, new Usage(estimatedInputTokens, heardTokens, 0, 0));
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
                LOG.warnf("A reservation stays counted at its most: %s", e.getMessage());
            }
        }
    }
}
