package io.mcpagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnknownSettingsTest {

    private static final UnknownSettings SETTINGS = UnknownSettings.ofThisAgent();

    @ParameterizedTest
    @CsvSource({
        "AGENT_TURN_DEDLINE,AGENT_TURN_DEADLINE",
        "AGENT_BUDGET_CALLER_DAY_DOLLAR,AGENT_BUDGET_CALLER_DAY_DOLLARS",
        "AGENT_BUGDET_REQUEST_DOLLARS,AGENT_BUDGET_REQUEST_DOLLARS",
        "AGENT_TOOLS_DENIED,AGENT_TOOLS_DENY",
        "AGENT_SYSTEM_PROMT,AGENT_SYSTEM_PROMPT",
        "AGENT_ACCESS_KEYS_SECRET,AGENT_ACCESS_API_KEYS_SECRET",
        "agent.access.opn,agent.access.open",
        "agent.tool.deny,agent.tools.deny"
    })
    void should_name_the_nearest_right_one(String wrong, String right) {
        Optional<String> found = wrong.startsWith("AGENT_")
                ? SETTINGS.find(List.of("PATH", wrong), List.of())
                : SETTINGS.find(List.of(), List.of("user.home", wrong));
        assertEquals(Optional.of(wrong + " is not a setting of the agent. Did you mean " + right + "?"), found);
    }

    @Test
    void should_take_right_ones_and_leave_those_of_other_programs_alone() {
        assertEquals(
                Optional.empty(),
                SETTINGS.find(
                        List.of(
                                "AGENT_TURN_DEADLINE",
                                "AGENT_SYSTEM_PROMPT",
                                "AGENT_TOOLS_DENY",
                                "AGENT_TOOLS_DENY_0_",
                                "AGENT_MODEL_PRICES__CLAUDE_OPUS_9__CACHE_READ",
                                "AGENT_TOOLSDIRECTORY",
                                "AGENT_ISSELFHOSTED",
                                "AGENT_NAME",
                                "MCP_URL"),
                        List.of("agent.turn.deadline", "agent.model.prices.\"claude-opus-9\".input", "java.home")));
    }
}
