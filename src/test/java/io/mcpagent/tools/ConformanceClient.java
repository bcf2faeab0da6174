package io.mcpagent.tools;

import io.mcpagent.system.AgentConfig;
import io.mcpagent.system.Deadline;

import java.time.Duration;

/**
 * The client side of the official conformance suite's scenarios {@code initialize} and {@code tools_call}. The suite gives the URL as the last
 * argument and the scenario's name in {@code MCP_CONFORMANCE_SCENARIO}.
 */
public final class ConformanceClient {

    private ConformanceClient() {
    }

    /** Connects, lists the tools and calls {@code add_numbers} if it is there; exit code 1 if anything is not as it should be. */
    public static void main(String[] arguments) throws Exception {
        AgentConfig config = TestConfig.with("url", arguments[arguments.length - 1], "allow", "*");
        McpToolbox toolbox = new McpToolbox(config, new ConfiguredToolPolicy(config));
        Deadline deadline = Deadline.in(Duration.ofSeconds(20));
        ToolCatalog catalog = toolbox.catalog(deadline);
        boolean good = catalog.available();
        Tool add = catalog.find("add_numbers").orElse(null);
        if (add != null) {
            ToolResult result = toolbox.call(add, "{\"a\":5,\"b\":3}", null, deadline);
            System.out.println(result.outcome() + " " + result.text());
            good &= result.outcome() == ToolOutcome.OK;
        } else if ("tools_call".equals(System.getenv("MCP_CONFORMANCE_SCENARIO"))) {
            good = false;
        }
        toolbox.close();
        System.exit(good ? 0 : 1);
    }
}
