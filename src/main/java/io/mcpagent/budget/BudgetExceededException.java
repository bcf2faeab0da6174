package io.mcpagent.budget;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The next model call does not fit under a limit; it was not made, and nothing was counted for it. */
public final class BudgetExceededException extends RuntimeException {

    /** The limit that was reached. */
    public enum Limit {
        REQUEST_DOLLARS,
        REQUEST_TOKENS,
        CALLER_DAY_DOLLARS,
        CALLER_DAY_TOKENS,
        CONVERSATION_DOLLARS,
        CONVERSATION_TOKENS;

        /** The setting behind it, such as {@code agent.budget.caller-day-dollars}. */
        public String setting() {
            return "agent.budget." + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Limit limit;
    private final @Nullable Duration retryAfter;

    BudgetExceededException(Limit limit, @Nullable Duration retryAfter) {
        super("the limit " + limit.setting() + " is reached");
        this.limit = limit;
        this.retryAfter = retryAfter;
    }

    public Limit limit() {
        return limit;
    }

    /**
     * When the same request may succeed: at midnight UTC for the limits of a day. Empty for the limits of a request or a conversation, which time
     * does not lift: a smaller question, or a new conversation, does.
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
