package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.turn.Stage;
import java.net.URI;

/**
 * The client side of the official conformance suite's scenarios {@code initialize} and {@code tools_call}: the agent as it is delivered, whose toolbox
 * is the suite's server. The suite gives its URL as the last argument and the scenario's name in {@code MCP_CONFORMANCE_SCENARIO}.
 */
public final class ConformanceClient {

    private ConformanceClient() {}

    /** Starts the agent, which lists the tools, and has it call {@code add_numbers} if that is the scenario; exit code 1 if it can't. */
    public static void main(String[] arguments) {
        boolean good = true;
        try (Stage stage = Stage.with(URI.create(arguments[arguments.length - 1]), "AGENT_TOOLS_ALLOW", "*")) {
            if ("tools_call".equals(System.getenv("MCP_CONFORMANCE_SCENARIO"))) {
                var numbers = JsonNodeFactory.instance.objectNode().put("a", 5).put("b", 3);
                stage.when("Add", Script.Rounds.of(Script.call("add_numbers", numbers), Script.text("Eight.")));
                JsonNode called = stage.ask(false, stage.conversation(), "Add")
                        .body()
                        .path("toolCalls")
                        .path(0);
                System.out.println(called);
                good = called.path("outcome").asText().equals("ok");
            }
        }
        System.exit(good ? 0 : 1);
    }
}
