package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Model × setting: what the model would refuse with each question fails the start, with the sentence that helps. */
class RefusedSettingsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "us.anthropic.claude-sonnet-5-5 | temperature      | 0.5   | takes none: leave it out",
                "us.anthropic.claude-sonnet-5-5 | reasoning-tokens | 2048  | set agent.model.effort to one of low, medium, high, xhigh, max",
                "eu.anthropic.claude-opus-5-5   | reasoning-tokens | 2048  | set agent.model.effort",
                "eu.anthropic.claude-opus-5-5   | max-tokens       | 128001 | writes at most 128000",
                "eu.anthropic.claude-haiku-5-5  | effort           | max   |",
                "us.anthropic.claude-sonnet-4-6 | effort           | max   | does not take max: set one of low, medium, high",
                "us.anthropic.claude-sonnet-4-6 | temperature      | 0.5   |",
                "us.anthropic.claude-haiku-4-5-20251001-v1:0 | effort | low | set agent.model.reasoning-tokens instead",
                "us.anthropic.claude-haiku-4-5-20251001-v1:0 | reasoning-tokens | 2048 |",
                "us.anthropic.claude-haiku-4-5-20251001-v1:0 | cache-ttl | 1h |",
                "us.anthropic.claude-haiku-4-5-20251001-v1:0 | cache-ttl | 2h | must be 5m or 1h",
                "us.anthropic.claude-sonnet-4-20250514-v1:0  | cache-ttl | 1h | for 5m at most",
                "us.amazon.nova-pro-v1:0        | temperature      | 0.5   |",
                "us.amazon.nova-pro-v1:0        | effort           | low   | describe it in agent.model.rows",
                "us.amazon.nova-pro-v1:0        | reasoning-tokens | 2048  | describe it in agent.model.rows"
            })
    void should_fail_the_start_for_what_the_model_refuses(String model, String setting, String value, String sentence) {
        AgentConfig config = TestSettings.with("model.id", model, "model." + setting, value);
        ModelRow row = new ModelTable(config).row(model);
        if (sentence == null) {
            assertThatCode(() -> RefusedSettings.check(config.model(), row)).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> RefusedSettings.check(config.model(), row))
                    .hasMessageStartingWith("agent.model." + setting)
                    .hasMessageContaining(sentence);
        }
    }
}
