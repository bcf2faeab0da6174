package io.mcpagent.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.RealToolbox;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A conversation over HTTP, from its first question to its end. */
class ConversationsIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static LocalBedrock bedrock;
    private static RealToolbox toolbox;
    private static AgentProcess agent;

    @BeforeAll
    static void start() {
        bedrock = LocalBedrock.start(0);
        toolbox = RealToolbox.overSampleShop();
        agent = AgentProcess.start(Map.of(
                "MCP_URL",
                toolbox.url().toString(),
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                bedrock.uri().toString()));
    }

    @AfterAll
    static void stop() {
        agent.close();
        toolbox.close();
        bedrock.close();
    }

    @BeforeEach
    void forget() {
        bedrock.reset();
    }

    private static JsonNode json(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }

    @Test
    void should_answer_with_the_rows_and_show_them_again() throws IOException {
        JsonNode answer = json(agent.post("/chat", "{\"message\":\"What did customer 7 order?\"}"));
        assertTrue(answer.get("answer").asText().contains("| 164 |"), answer::toString);
        assertEquals("search_orders", answer.at("/toolCalls/0/name").asText());
        assertEquals("ok", answer.at("/toolCalls/0/outcome").asText());
        assertEquals(2, answer.at("/receipt/modelCalls").asInt());

        String path = "/chat/" + answer.get("conversationId").asText();
        JsonNode shown = json(agent.get(path));
        assertEquals("What did customer 7 order?", shown.at("/turns/0/message").asText());
        assertEquals(
                answer.get("answer").asText().strip(),
                shown.at("/turns/0/answer").asText());
        assertTrue(shown.at("/turns/0/toolCalls/0/result").asText().contains("1496.1"), shown::toString);
        assertEquals(204, agent.delete(path).statusCode());
        assertEquals(404, agent.get(path).statusCode());
        assertEquals(404, agent.delete(path).statusCode());
    }

    @Test
    void should_send_the_model_the_conversation_so_far() throws IOException {
        bedrock.script(Script.text("Hello Ada."), Script.text("You are Ada."));
        JsonNode first = json(agent.post("/chat", "{\"message\":\"I am Ada\"}"));
        agent.post("/chat", "{\"message\":\"Who am I?\",\"conversationId\":" + first.get("conversationId") + "}");
        assertEquals(2, bedrock.requests().size());
        JsonNode messages = bedrock.requests().get(1).body().get("messages");
        assertEquals(3, messages.size());
        assertEquals("Hello Ada.", messages.at("/1/content/0/text").asText());
    }

    @Test
    void should_answer_409_to_a_second_turn_and_to_a_deletion_meanwhile() throws Exception {
        JsonNode first = json(agent.post("/chat", "{\"message\":\"hello\"}"));
        String id = first.get("conversationId").asText();
        String body = "{\"message\":\"again\",\"conversationId\":\"" + id + "\"}";
        bedrock.script(Script.text("late").delay(Duration.ofMinutes(5)));
        CompletableFuture<HttpResponse<String>> running =
                CompletableFuture.supplyAsync(() -> agent.post("/chat", body));
        // Counted, not open: the request before may still be open for a moment.
        assertTrue(bedrock.await(Duration.ofSeconds(60), local -> local.requestCount() == 2));

        HttpResponse<String> second = agent.post("/chat", body);
        assertEquals(409, second.statusCode());
        assertEquals("/problems/conversation-busy", json(second).get("type").asText());
        assertEquals(409, agent.delete("/chat/" + id).statusCode());

        assertEquals(204, agent.delete("/chat/" + id + "/run").statusCode());
        assertEquals("/problems/turn-cancelled", json(running.get()).get("type").asText());
        assertEquals(404, agent.delete("/chat/" + id + "/run").statusCode());
        assertEquals(1, json(agent.get("/chat/" + id)).get("turns").size());
    }

    @Test
    void should_say_how_toolbox_and_model_are_without_depending_on_them() throws IOException {
        JsonNode health = json(agent.get("/health"));
        assertEquals("UP", health.get("status").asText());
        assertTrue(
                health.toString().contains("\"toolbox\"") && health.toString().contains("available"), health::toString);
        assertEquals(200, agent.get("/health/live").statusCode());
        assertEquals(200, agent.get("/health/ready").statusCode());
    }
}
