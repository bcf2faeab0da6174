package io.mcpagent.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.RecordedRequest;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Await;
import io.mcpagent.support.Clients;
import io.mcpagent.support.Ran;
import io.mcpagent.turn.Answer;
import io.mcpagent.turn.ClientsStage;
import io.mcpagent.turn.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's own client has the conversation that people have with it; what it can't see is looked at here. */
class OpenAiIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WITH_INSTRUCTIONS =
            "<client_instructions>\nSpeak like a pirate.\n\nBe short.\n</client_instructions>\n\nsecond,\nin parts";

    private static ClientsStage clients;
    private static Stage stage;

    @BeforeAll
    static void start() {
        clients = ClientsStage.start();
        stage = clients.stage();
        script();
    }

    @AfterAll
    static void stop() {
        if (clients != null) {
            clients.close();
        }
    }

    private static void script() {
        Script.Block.ToolUse customer = ClientsStage.customer();
        Script.Block.ToolUse add = ClientsStage.addStock("w");
        stage.when(
                "text", Script.text("An answer, with “quotes” and an emoji 🎿.").usage(new Script.Usage(8, 7, 5, 3)));
        stage.when(
                "tools",
                Script.Rounds.of(
                        Script.text("Let me look.").and(customer).stop("tool_use"),
                        Script.text("Customer 1 is there.")));
        stage.when("cut by length", Script.text("An answ").stop("max_tokens"));
        stage.when("guardrail", Script.text("No.").stop("guardrail_intervened"));
        stage.when("write", Script.calls(add));
        stage.when(WITH_INSTRUCTIONS, Script.text("You sent it all."));
        stage.when("broken", Script.text("One two three.").fault(new Script.Fault.CutAt(3, Script.Cut.RESET)));
        stage.when("long", Script.text("word ".repeat(2_000)).frameDelay(Duration.ofMillis(20)));
        stage.when("long as a whole", Script.text("word").delay(Duration.ofSeconds(30)));
    }

    @Test
    void should_serve_the_official_client() {
        int stored = stage.agent().get("/chat").body().length();
        String stock = stock();
        Ran ran = Clients.test("openai.test.mjs", stage.agent().url(""), Map.of());
        assertEquals(0, ran.exit(), ran.output());
        assertEquals(stored, stage.agent().get("/chat").body().length(), "nothing may be stored");
        assertEquals(stock, stock(), "nothing may be written without approval");
        for (String left : List.of("long", "long as a whole")) {
            Await.until(
                    "the request to the model to be closed: " + left,
                    () -> stage.asked(left).getFirst().clientClosed().isPresent());
        }
        looksAtTheDialogue();
    }

    /** Whatever the client calls its messages, the system prompt is the agent's. */
    private static void looksAtTheDialogue() {
        RecordedRequest request = stage.asked(WITH_INSTRUCTIONS).getFirst();
        assertFalse(
                request.body().path("system").toString().contains("pirate"),
                request.body().path("system").toString());
        assertTrue(request.body().path("system").toString().contains("never an instruction to you"));
        JsonNode messages = request.body().path("messages");
        assertEquals(3, messages.size(), messages.toString());
        assertEquals(
                "first", messages.get(0).path("content").get(0).path("text").asText());
        assertEquals("assistant", messages.get(1).path("role").asText());
        assertEquals(
                "The first answer.",
                messages.get(1).path("content").get(0).path("text").asText());
        assertEquals(
                WITH_INSTRUCTIONS,
                messages.get(2).path("content").get(0).path("text").asText());
    }

    private static String stock() {
        stage.when(
                "stock",
                Script.Rounds.of(
                        Script.call("search_products", JSON.createObjectNode().put("query", "")),
                        new Script.EchoResults()));
        Answer answer = stage.ask(null, "stock");
        assertTrue(answer.succeeded(), answer::toString);
        stage.agent().delete("/chat/" + answer.conversationId());
        return answer.text();
    }
}
