package io.mcpagent.budget;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.identity.CallerLimits;
import io.mcpagent.identity.CallerLimits.Quantity;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.ModelTable;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What turns may spend: by request, by caller and day (UTC), by conversation, in dollars and in tokens. The most that a model call can cost is
 * reserved before it, and replaced by what it did cost after it, so that no number of turns at once passes a limit. Only a limit that is set
 * costs anything: without limits of the day and the conversation the ledger is never asked. Safe for use by many threads.
 *
 * <p>A process that dies between the two leaves its reservation counted, on the safe side: until the end of the day, or of the conversation.
 */
public final class Budget {

    private static final long NO_LIMIT = Long.MAX_VALUE;

    private static final Duration SHORT_CACHE = Duration.ofMinutes(5);

    /** How long an account of a day outlives it, for calls that began before midnight. */
    private static final Duration DAY_GRACE = Duration.ofHours(1);

    private final CallerLimits own;
    private final Prices prices;
    private final Tokenizers tokenizers;
    private final ModelTable table;
    private final boolean hourWrites;
    private final MoneyAlarms alarms;
    private final Ledger ledger;
    private final InstantSource clock;
    private final List<String> modelIds;
    private final Duration conversationTtl;
    private final Ledger.Amount requestLimit;
    private final Ledger.Amount dayLimit;
    private final Ledger.Amount conversationLimit;

    /** @throws IllegalArgumentException if a limit in dollars is set and a model has no price, since it could not be kept */
    Budget(
            AgentConfig config,
            CallerLimits own,
            ModelTable table,
            Ledger ledger,
            MoneyAlarms alarms,
            InstantSource clock) {
        AgentConfig.BudgetSettings limits = config.budget();
        this.own = own;
        this.prices = new Prices(table);
        this.tokenizers = new Tokenizers(table);
        this.table = table;
        this.hourWrites = config.model().cacheTtl().compareTo(SHORT_CACHE) > 0;
        this.alarms = alarms;
        this.ledger = ledger;
        this.clock = clock;
        this.modelIds = Stream.concat(Stream.of(config.model().id()), config.model().fallbackId().stream())
                .toList();
        this.conversationTtl = config.conversation().ttl();
        this.requestLimit = limit(limits.requestDollars(), limits.requestTokens());
        this.dayLimit = limit(limits.callerDayDollars(), limits.callerDayTokens());
        this.conversationLimit = limit(limits.conversationDollars(), limits.conversationTokens());
        requirePrices(config.model().summaryId());
    }

    private static Ledger.Amount limit(Optional<BigDecimal> dollars, OptionalLong tokens) {
        if (dollars.filter(set -> set.signum() < 0).isPresent() || tokens.orElse(0) < 0) {
            throw new IllegalArgumentException("a limit of agent.budget can't be negative");
        }
        return new Ledger.Amount(dollars.map(Prices::microDollars).orElse(NO_LIMIT), tokens.orElse(NO_LIMIT));
    }

    private void requirePrices(Optional<String> summaryId) {
        boolean limited = own.any(Quantity.REQUEST_DOLLARS, Quantity.CALLER_DAY_DOLLARS, Quantity.CONVERSATION_DOLLARS)
                || Stream.of(requestLimit, dayLimit, conversationLimit)
                        .anyMatch(limit -> limit.microDollars() != NO_LIMIT);
        for (String modelId :
                Stream.concat(modelIds.stream(), summaryId.stream()).toList()) {
            if (limited && !prices.knows(modelId)) {
                throw new IllegalArgumentException(
                        "a limit in dollars can't be kept without a price: set agent.model.prices for " + modelId);
            }
        }
    }

    /**
     * Opens the account book of one request.
     *
     * @param conversationId null if the conversation is not stored: its limit then holds for this request alone
     */
    public Meter open(Identity caller, @Nullable String conversationId) {
        return open(caller, conversationId, null);
    }

    /**
     * Opens the account book of a request that continues a turn.
     *
     * @param conversationId null if the conversation is not stored: its limit then holds for this request alone
     * @param soFar what the turn cost before, which counts for the limits of a request and in the receipt; or null
     */
    public Meter open(Identity caller, @Nullable String conversationId, @Nullable Receipt soFar) {
        return new Meter(this, caller, conversationId, soFar);
    }

    Prices prices() {
        return prices;
    }

    /** Whether what is put into that model's prompt cache stays there for an hour, and costs so. */
    boolean hourWrites(String modelId) {
        return hourWrites && table.row(modelId).cacheTtls().contains("1h");
    }

    Tokenizers tokenizers() {
        return tokenizers;
    }

    MoneyAlarms alarms() {
        return alarms;
    }

    Ledger ledger() {
        return ledger;
    }

    Ledger.Amount requestLimit(Identity caller) {
        return limit(caller, Quantity.REQUEST_DOLLARS, Quantity.REQUEST_TOKENS, requestLimit);
    }

    Ledger.Amount conversationLimit(Identity caller) {
        return limit(caller, Quantity.CONVERSATION_DOLLARS, Quantity.CONVERSATION_TOKENS, conversationLimit);
    }

    private Ledger.Amount limit(Identity caller, Quantity dollars, Quantity tokens, Ledger.Amount ofAll) {
        return new Ledger.Amount(
                own.of(dollars, caller).map(Prices::microDollars).orElse(ofAll.microDollars()),
                own.of(tokens, caller).map(BigDecimal::longValueExact).orElse(ofAll.tokens()));
    }

    /** The longest prompt, in estimated tokens, that fits into the window of each model that may be asked, beside such a reply. */
    long longestPrompt(long maxOutputTokens) {
        long longest = Long.MAX_VALUE;
        for (String modelId : modelIds) {
            longest = Math.min(longest, tokenizers.longestPrompt(modelId, maxOutputTokens));
        }
        return longest;
    }

    /** The accounts in the ledger that a call made now counts for; none if no such limit is set. */
    List<Ledger.BudgetAccount> accounts(Identity caller, @Nullable String conversationId) {
        List<Ledger.BudgetAccount> accounts = new ArrayList<>(2);
        Ledger.Amount today = limit(caller, Quantity.CALLER_DAY_DOLLARS, Quantity.CALLER_DAY_TOKENS, dayLimit);
        if (limited(today)) {
            LocalDate date = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
            accounts.add(new Ledger.BudgetAccount(
                    Scope.DAY.account(date + "#", caller.subject()),
                    today,
                    endOf(date).plus(DAY_GRACE)));
        }
        Ledger.Amount inConversation = conversationLimit(caller);
        if (conversationId != null && limited(inConversation)) {
            accounts.add(new Ledger.BudgetAccount(
                    Scope.CONVERSATION.account("", caller.subject(), conversationId),
                    inConversation,
                    clock.instant().plus(conversationTtl)));
        }
        return accounts;
    }

    private static boolean limited(Ledger.Amount limit) {
        return limit.microDollars() != NO_LIMIT || limit.tokens() != NO_LIMIT;
    }

    BudgetExceededException exceeded(Ledger.Refusal refusal) {
        if (Scope.DAY.owns(refusal.account())) {
            Instant now = clock.instant();
            Duration untilMidnight = Duration.between(now, endOf(LocalDate.ofInstant(now, ZoneOffset.UTC)));
            return new BudgetExceededException(
                    refusal.dollars()
                            ? BudgetExceededException.Limit.CALLER_DAY_DOLLARS
                            : BudgetExceededException.Limit.CALLER_DAY_TOKENS,
                    untilMidnight);
        }
        return new BudgetExceededException(
                refusal.dollars()
                        ? BudgetExceededException.Limit.CONVERSATION_DOLLARS
                        : BudgetExceededException.Limit.CONVERSATION_TOKENS,
                null);
    }

    private static Instant endOf(LocalDate day) {
        return day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    }
}
