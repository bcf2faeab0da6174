package io.mcpagent.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.HeldPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The image's health check. */
class HealthCommandIT {

    @Test
    void should_end_with_0_for_an_agent_that_lives_and_with_1_for_none() throws IOException, InterruptedException {
        // Neither toolbox nor model is there: that is no reason to replace the agent.
        try (AgentProcess agent =
                AgentProcess.start(Map.of("MCP_URL", "http://127.0.0.1:" + HeldPort.next() + "/mcp"))) {
            assertEquals(0, health(agent.port()));
        }
        assertEquals(1, health(HeldPort.next()));
    }

    private static int health(int port) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(AgentProcess.command());
        command.add("health");
        ProcessBuilder process =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        process.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
        return process.start().waitFor();
    }
}
