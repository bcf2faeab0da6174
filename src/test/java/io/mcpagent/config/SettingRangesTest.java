package io.mcpagent.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingRangesTest {

    @Test
    void should_start_with_the_defaults() {
        assertThatCode(() -> SettingRanges.check(with(Map.of()))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "agent.turn.max-steps              | 0    | agent.turn.max-steps is 0; it must be at least 1.",
                "agent.turn.deadline               | 0s   | agent.turn.deadline is PT0S; it must be longer than zero",
                "agent.turn.max-message-size       | 0    | agent.turn.max-message-size is 0; it must be at least one byte",
                "agent.model.max-tokens            | 0    | agent.model.max-tokens is 0; it must be at least 1.",
                "agent.model.reasoning-tokens      | 1    | agent.model.reasoning-tokens is 1; it must be at least 1024",
                "agent.model.reasoning-tokens      | 1023 | at least 1024",
                "agent.model.reasoning-tokens      | 8192 | less than agent.model.max-tokens, which is 8192.",
                "agent.model.temperature           | 1.1  | agent.model.temperature is 1.1; it must be from 0 to 1.",
                "agent.model.temperature           | -0.1 | from 0 to 1",
                "agent.model.connect-timeout       | 0s   | agent.model.connect-timeout",
                "agent.model.idle-timeout          | 0s   | agent.model.idle-timeout",
                "agent.model.max-connections       | 0    | agent.model.max-connections",
                "agent.model.max-attempts          | 0    | agent.model.max-attempts",
                "agent.model.breaker-failures      | 0    | agent.model.breaker-failures",
                "agent.model.breaker-delay         | 0s   | agent.model.breaker-delay",
                "agent.model.max-history-tokens    | -1   | agent.model.max-history-tokens is -1; it must be at least 0.",
                "agent.tools.connect-timeout       | 0s   | agent.tools.connect-timeout",
                "agent.tools.list-timeout          | 0s   | agent.tools.list-timeout",
                "agent.tools.call-timeout          | 0s   | agent.tools.call-timeout",
                "agent.tools.list-ttl              | 0s   | agent.tools.list-ttl",
                "agent.tools.max-parallel          | 0    | agent.tools.max-parallel",
                "agent.tools.max-connections       | 0    | agent.tools.max-connections",
                "agent.tools.max-result-size       | 0    | agent.tools.max-result-size",
                "agent.tools.breaker-failures      | 0    | agent.tools.breaker-failures",
                "agent.tools.breaker-delay         | 0s   | agent.tools.breaker-delay",
                "agent.tools.approval-timeout      | 0s   | agent.tools.approval-timeout",
                "agent.conversation.ttl            | 0s   | agent.conversation.ttl",
                "agent.conversation.memory-capacity| 0    | agent.conversation.memory-capacity",
                "agent.budget.request-dollars      | -1   | agent.budget.request-dollars is -1; it must be 0 or more.",
                "agent.budget.caller-day-dollars   | -1   | agent.budget.caller-day-dollars",
                "agent.budget.conversation-dollars | -1   | agent.budget.conversation-dollars",
                "agent.budget.request-tokens       | -1   | agent.budget.request-tokens",
                "agent.budget.caller-day-tokens    | -1   | agent.budget.caller-day-tokens",
                "agent.budget.conversation-tokens  | -1   | agent.budget.conversation-tokens",
                "agent.access.api-keys-refresh     | 0s   | agent.access.api-keys-refresh",
                "agent.access.requests-per-minute  | 0    | agent.access.requests-per-minute",
                "agent.access.concurrent-turns     | 0    | agent.access.concurrent-turns",
                "agent.access.total-requests-per-minute | 0 | agent.access.total-requests-per-minute",
                "agent.access.total-concurrent-turns    | 0 | agent.access.total-concurrent-turns",
                "agent.access.unread-timeout       | 0s   | agent.access.unread-timeout",
                "agent.access.max-connections      | 0    | agent.access.max-connections",
            })
    void should_not_start_with_a_value_that_no_turn_can_work_with_and_say_what_is_wanted(
            String setting, String value, String sentence) {
        assertThatThrownBy(() -> SettingRanges.check(with(Map.of(setting, value))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(setting)
                .hasMessageContaining(sentence);
    }

    @Test
    void should_not_take_a_negative_price() {
        Map<String, String> price = Map.of(
                "agent.model.prices.\"m\".input", "1",
                "agent.model.prices.\"m\".output", "-1",
                "agent.model.prices.\"m\".cache-read", "0",
                "agent.model.prices.\"m\".cache-write", "0");
        assertThatThrownBy(() -> SettingRanges.check(with(price)))
                .hasMessageContaining("agent.model.prices.\"m\".output is -1; it must be 0 or more.");
    }

    private static AgentConfig with(Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withMapping(AgentConfig.class)
                .withSources(new PropertiesConfigSource(settings, "test", 1_000))
                .build()
                .getConfigMapping(AgentConfig.class);
    }
}
