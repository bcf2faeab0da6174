package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class ModelLifetimesTest {

    private static ModelLifetimes at(String day, String... settings) {
        AgentConfig config = TestSettings.with(settings);
        return new ModelLifetimes(
                config, new ModelTable(config), InstantSource.fixed(Instant.parse(day + "T12:00:00Z")));
    }

    @Test
    void should_name_a_model_near_its_end_and_past_it() {
        String old = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
        assertThat(at("2026-08-01", "model.id", old).ends()).isEmpty();
        assertThat(at("2026-11-01", "model.id", old).ends().get(old))
                .isEqualTo("ends on 2026-11-30 at Anthropic; Bedrock's own date stands on its model card");
        assertThat(at("2026-12-02", "model.fallback-id", old).ends().get(old)).startsWith("ended on 2026-11-30");
        assertThat(at("2026-12-02", "model.fallback-id", old).daysLeft()).hasValue(-2);
        assertThat(at("2026-12-02", "model.summary-id", old).ends()).containsKey(old);
        assertThat(at("2026-12-02").daysLeft()).isEmpty();
    }
}
