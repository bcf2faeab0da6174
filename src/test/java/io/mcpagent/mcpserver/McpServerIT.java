package io.mcpagent.mcpserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Await;
import io.mcpagent.support.Clients;
import io.mcpagent.support.Ran;
import io.mcpagent.turn.ClientsStage;
import io.mcpagent.turn.Stage;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The official MCP client asks the agent and reads its conversations. */
class McpServerIT {

    private static ClientsStage clients;
    private static Stage stage;

    @BeforeAll
    static void start() {
        clients = ClientsStage.start();
        stage = clients.stage();
        stage.when("long as a whole", Script.text("word").delay(Duration.ofSeconds(30)));
        stage.when("slow", Script.text("Slowly.").delay(Duration.ofSeconds(2)));
    }

    @AfterAll
    static void stop() {
        if (clients != null) {
            clients.close();
        }
    }

    @Test
    void should_serve_the_official_client() {
        Ran ran = Clients.test("mcp.test.mjs", stage.agent().url(""), Map.of());
        assertEquals(0, ran.exit(), ran.output());
        Await.until(
                "the request to the model to be closed",
                () -> stage.asked("long as a whole").getFirst().clientClosed().isPresent());
        assertFalse(stage.agent().log().contains("ERROR"), stage.agent().log());
    }
}
