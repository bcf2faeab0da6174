package io.mcpagent.config;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.support.AgentProcess;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UnknownSettingsIT {

    @Test
    void should_not_start_with_a_limit_whose_name_has_a_typing_error_and_name_the_right_one() {
        var failure = assertThrows(
                IllegalStateException.class, () -> AgentProcess.start(Map.of("AGENT_BUDGET_CALLER_DAY_DOLLAR", "5")));
        assertTrue(
                failure.getMessage()
                        .contains(
                                "AGENT_BUDGET_CALLER_DAY_DOLLAR is not a setting of the agent. Did you mean AGENT_BUDGET_CALLER_DAY_DOLLARS?"),
                failure.getMessage());
    }
}
