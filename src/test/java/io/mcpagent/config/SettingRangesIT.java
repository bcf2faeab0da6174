package io.mcpagent.config;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.support.AgentProcess;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingRangesIT {

    @Test
    void should_not_start_with_reasoning_that_each_model_call_would_refuse() {
        assertThatThrownBy(() -> AgentProcess.start(Map.of("AGENT_MODEL_REASONING_TOKENS", "1")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("agent.model.reasoning-tokens is 1; it must be at least 1024");
    }
}
