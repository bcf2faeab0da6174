package io.mcpagent.config;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Checks at the start that settings have values with which a turn can work: otherwise each question would be answered with an error that names
 * no setting, or a limit would not hold.
 */
@Singleton
final class SettingRanges {

    /** Before anything else uses a setting. */
    private static final int FIRST = 1;
    /** The least that Claude takes. */
    private static final int LEAST_REASONING = 1_024;

    private final AgentConfig config;

    SettingRanges(AgentConfig config) {
        this.config = config;
    }

    void check(@Observes @Priority(FIRST) StartupEvent event) {
        check(config);
    }

    /** @throws ConfigurationException for the first setting whose value can't be used */
    static void check(AgentConfig config) {
        turn(config.turn());
        model(config.model());
        tools(config.tools());
        atLeast("agent.conversation.memory-capacity", config.conversation().memoryCapacity(), 1);
        positive("agent.conversation.ttl", config.conversation().ttl());
        positive("agent.audit.ttl", config.audit().ttl());
        positive("agent.audit.timeout", config.audit().timeout());
        budget(config.budget());
        access(config.access());
    }

    private static void turn(AgentConfig.TurnSettings turn) {
        positive("agent.turn.deadline", turn.deadline());
        atLeast("agent.turn.max-steps", turn.maxSteps(), 1);
        positive("agent.turn.max-message-size", turn.maxMessageSize());
    }

    private static void model(AgentConfig.ModelSettings model) {
        atLeast("agent.model.max-tokens", model.maxTokens(), 1);
        model.temperature()
                .ifPresent(value -> require(value >= 0 && value <= 1, "agent.model.temperature", value, "from 0 to 1"));
        model.reasoningTokens().ifPresent(tokens -> {
            require(
                    tokens >= LEAST_REASONING && tokens < model.maxTokens(),
                    "agent.model.reasoning-tokens",
                    tokens,
                    "at least 1024, and less than agent.model.max-tokens, which is " + model.maxTokens());
        });
        positive("agent.model.connect-timeout", model.connectTimeout());
        model.idleTimeout().ifPresent(value -> positive("agent.model.idle-timeout", value));
        model.firstEventTimeout().ifPresent(value -> positive("agent.model.first-event-timeout", value));
        atLeast("agent.model.max-connections", model.maxConnections(), 1);
        atLeast("agent.model.max-attempts", model.maxAttempts(), 1);
        atLeast("agent.model.breaker-failures", model.breakerFailures(), 1);
        positive("agent.model.breaker-delay", model.breakerDelay());
        atLeast("agent.model.max-history-tokens", model.maxHistoryTokens(), 0);
        model.prices().forEach((id, price) -> {
            String name = "agent.model.prices.\"" + id + "\".";
            notNegative(name + "input", price.input());
            notNegative(name + "output", price.output());
            notNegative(name + "cache-read", price.cacheRead());
            notNegative(name + "cache-write", price.cacheWrite());
        });
    }

    private static void tools(AgentConfig.ToolsSettings tools) {
        positive("agent.tools.connect-timeout", tools.connectTimeout());
        positive("agent.tools.list-timeout", tools.listTimeout());
        positive("agent.tools.call-timeout", tools.callTimeout());
        positive("agent.tools.list-ttl", tools.listTtl());
        atLeast("agent.tools.max-parallel", tools.maxParallel(), 1);
        atLeast("agent.tools.max-connections", tools.maxConnections(), 1);
        positive("agent.tools.max-result-size", tools.maxResultSize());
        atLeast("agent.tools.breaker-failures", tools.breakerFailures(), 1);
        positive("agent.tools.breaker-delay", tools.breakerDelay());
        positive("agent.tools.approval-timeout", tools.approvalTimeout());
    }

    private static void budget(AgentConfig.BudgetSettings budget) {
        budget.requestDollars().ifPresent(value -> notNegative("agent.budget.request-dollars", value));
        budget.callerDayDollars().ifPresent(value -> notNegative("agent.budget.caller-day-dollars", value));
        budget.conversationDollars().ifPresent(value -> notNegative("agent.budget.conversation-dollars", value));
        notNegative("agent.budget.request-tokens", budget.requestTokens());
        notNegative("agent.budget.caller-day-tokens", budget.callerDayTokens());
        notNegative("agent.budget.conversation-tokens", budget.conversationTokens());
    }

    private static void access(AgentConfig.AccessSettings access) {
        positive("agent.access.api-keys-refresh", access.apiKeysRefresh());
        positive("agent.access.issuer-keys-refresh", access.issuerKeysRefresh());
        atLeast("agent.access.requests-per-minute", access.requestsPerMinute(), 1);
        atLeast("agent.access.concurrent-turns", access.concurrentTurns(), 1);
        OptionalInt total = access.totalRequestsPerMinute();
        total.ifPresent(value -> atLeast("agent.access.total-requests-per-minute", value, 1));
        atLeast("agent.access.total-concurrent-turns", access.totalConcurrentTurns(), 1);
        positive("agent.access.unread-timeout", access.unreadTimeout());
        atLeast("agent.access.max-connections", access.maxConnections(), 1);
    }

    private static void atLeast(String setting, int value, int least) {
        require(value >= least, setting, value, "at least " + least);
    }

    private static void positive(String setting, Duration value) {
        require(value.isPositive(), setting, value, "longer than zero, such as 10s");
    }

    private static void positive(String setting, MemorySize value) {
        require(value.asLongValue() > 0, setting, value.asLongValue(), "at least one byte, such as 64K");
    }

    private static void notNegative(String setting, BigDecimal value) {
        require(value.signum() >= 0, setting, value, "0 or more");
    }

    private static void notNegative(String setting, OptionalLong value) {
        value.ifPresent(number -> require(number >= 0, setting, number, "0 or more"));
    }

    private static void require(boolean holds, String setting, Object value, String wanted) {
        if (!holds) {
            throw new ConfigurationException(setting + " is " + value + "; it must be " + wanted + ".");
        }
    }
}
