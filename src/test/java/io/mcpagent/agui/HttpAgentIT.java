package io.mcpagent.agui;

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

/** AG-UI's own client has the conversation that a page has with it, with approvals. */
class HttpAgentIT {

    private static ClientsStage clients;
    private static Stage stage;

    @BeforeAll
    static void start() {
        clients = ClientsStage.start();
        stage = clients.stage();
        stage.when(
                "two writes",
                Script.Rounds.of(
                        Script.calls(ClientsStage.addStock("w1"), ClientsStage.addStock("w2")),
                        Script.text("Written.")));
        stage.when("long", Script.text("word ".repeat(2_000)).frameDelay(Duration.ofMillis(20)));
    }

    @AfterAll
    static void stop() {
        if (clients != null) {
            clients.close();
        }
    }

    @Test
    void should_serve_the_official_client() {
        Ran ran = Clients.test("ag-ui.test.mjs", stage.agent().url(""), Map.of());
        assertEquals(0, ran.exit(), ran.output());
        Await.until(
                "the request to the model to be closed",
                () -> stage.asked("long").getFirst().clientClosed().isPresent());
        assertFalse(stage.agent().log().contains("ERROR"), stage.agent().log());
    }
}
