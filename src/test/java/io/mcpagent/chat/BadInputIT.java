package io.mcpagent.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.turn.Answer;
import io.mcpagent.turn.Stage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is sent that can't be answered gets a problem, and leaves nothing behind. */
class BadInputIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static RealToolbox toolbox;
    private static Stage stage;
    private static String conversation;
    private static JsonNode before;
    private static int listed;
    private static long asked;

    @BeforeAll
    static void start() {
        toolbox = RealToolbox.overSampleShop();
        stage = Stage.with(toolbox.url());
        conversation = stage.conversation();
        before = stage.show(conversation);
        listed = list();
        asked = stage.bedrock().requestCount();
    }

    @AfterAll
    static void stop() {
        stage.close();
        toolbox.close();
    }

    private static int list() {
        return Answer.of(stage.agent().get("/chat"))
                .body()
                .path("conversations")
                .size();
    }

    @AfterEach
    void nothing_is_left() {
        assertEquals(before, stage.show(conversation));
        assertEquals(listed, list());
        assertEquals(asked, stage.bedrock().requestCount(), "the model is not asked");
    }

    private static HttpResponse<String> send(
            String method, String path, String contentType, byte[] body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(stage.agent().url(path))
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        if (contentType != null) {
            request.header("Content-Type", contentType);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertProblem(int status, HttpResponse<String> response) throws IOException {
        assertEquals(status, response.statusCode(), response.body());
        assertEquals(
                "application/problem+json",
                response.headers().firstValue("content-type").orElse("").replaceAll(";.*", ""),
                response.body());
        JsonNode problem = JSON.readTree(response.body());
        assertEquals(status, problem.path("status").asInt());
        assertTrue(problem.path("type").asText().startsWith("/problems/"), response.body());
        assertTrue(
                !problem.path("title").asText().isBlank()
                        && !problem.path("detail").asText().isBlank(),
                response.body());
        assertTrue(
                !response.body().matches("(?s).*(Exception|io\\.mcpagent|com\\.fasterxml|java\\.|\\tat ).*"),
                response.body());
    }

    private static void assertRefused(int status, String body) throws IOException {
        for (String accept : List.of("application/json", "text/event-stream")) {
            assertProblem(
                    status,
                    send("POST", "/chat", "application/json", body.getBytes(StandardCharsets.UTF_8), "Accept", accept));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{}",
                "[]",
                "\"text\"",
                "1",
                "{",
                "{\"message\":",
                "not json",
                "{\"message\":null}",
                "{\"message\":\"\"}",
                "{\"message\":\"  \\n \"}",
                "{\"message\":[]}",
                "{\"message\":{\"text\":\"x\"}}",
                "{\"mesage\":\"x\"}",
                "{\"message\":\"x\",\"more\":1}",
                "{\"message\":\"x\",\"conversationid\":\"y\"}",
                "{\"message\":\"\\ud800\"}",
                "{\"message\":\"x\",\"conversationId\":[\"y\"]}",
                "{\"message\":\"x\"}}",
                "{\"message\":\"x\"} {\"message\":\"y\"}",
                "{\"message\":\"x\",\"message\":\"y\"}"
            })
    void should_refuse_a_body_that_is_no_question(String body) throws IOException {
        assertRefused(400, body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"unknown", "", " ", "../../health", "a b", "ü", "%00"})
    void should_not_find_a_conversation_that_never_was(String id) throws IOException {
        assertRefused(
                404,
                JSON.createObjectNode()
                        .put("message", "x")
                        .put("conversationId", id)
                        .toString());
    }

    @Test
    void should_refuse_what_is_too_large() throws IOException {
        assertRefused(
                413,
                JSON.createObjectNode()
                        .put("message", "x".repeat(64 * 1024 + 1))
                        .toString());
        assertRefused(
                413,
                JSON.createObjectNode()
                        .put("message", "ü".repeat(32 * 1024 + 1))
                        .toString());
        // The HTTP server itself refuses this one, before it is read.
        assertEquals(
                413,
                send("POST", "/chat", "application/json", new byte[300 * 1024]).statusCode());
    }

    @Test
    void should_hold_a_body_without_a_length_to_what_its_path_takes() throws IOException, InterruptedException {
        for (String path : List.of("/chat", "/mcp", "/chat/" + conversation + "/approvals/unknown")) {
            assertEquals(413, chunked(path, 300 * 1024).statusCode(), path);
            assertTrue(chunked(path, 200 * 1024).statusCode() < 413, path);
        }
        assertEquals(400, chunked("/v1/chat/completions", 300 * 1024).statusCode());
        assertEquals(413, chunked("/v1/chat/completions", 5 << 20).statusCode());
    }

    private static HttpResponse<String> chunked(String path, int bytes) throws IOException, InterruptedException {
        byte[] body = ("{" + " ".repeat(bytes) + "\"no such member\":1}").getBytes(StandardCharsets.US_ASCII);
        return HTTP.send(
                HttpRequest.newBuilder(stage.agent().url(path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"jsonrpc\":\"2.0\"", "no JSON", "{} {}", "{\"a\":1,\"a\":2}", "[1,]"})
    void should_call_what_is_no_json_a_parse_error_where_mcp_is_spoken(String body) throws IOException {
        HttpResponse<String> answer =
                send("POST", "/mcp", "application/json", body.getBytes(StandardCharsets.US_ASCII));
        assertEquals(400, answer.statusCode());
        JsonNode error = JSON.readTree(answer.body());
        assertEquals(-32700, error.path("error").path("code").asInt(), answer.body());
        assertTrue(error.path("id").isNull(), answer.body());
    }

    @Test
    void should_refuse_bytes_that_are_no_text() throws IOException {
        byte[] body = "{\"message\":\"x?\"}".getBytes(StandardCharsets.US_ASCII);
        body[13] = (byte) 0xff;
        assertProblem(400, send("POST", "/chat", "application/json", body));
        assertProblem(400, send("POST", "/chat", "application/json", new byte[] {0, 1, 2, 3}));
    }

    @ParameterizedTest
    @CsvSource({"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"})
    void should_refuse_another_media_type(String type) throws IOException {
        assertProblem(415, send("POST", "/chat", type, "{\"message\":\"x\"}".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void should_refuse_what_it_can_not_answer() throws IOException {
        byte[] body = "{\"message\":\"x\"}".getBytes(StandardCharsets.US_ASCII);
        for (String accept : List.of("application/xml", "text/html", "application/problem+json, image/png")) {
            assertProblem(406, send("POST", "/chat", "application/json", body, "Accept", accept));
            assertProblem(
                    406,
                    send(
                            "POST",
                            "/chat/" + conversation + "/approvals/unknown",
                            "application/json",
                            "{\"approve\":true}".getBytes(StandardCharsets.US_ASCII),
                            "Accept",
                            accept));
        }
        assertProblem(405, send("PUT", "/chat", "application/json", body));
        assertProblem(405, send("PATCH", "/chat/" + conversation, "application/json", body));
        assertProblem(404, send("GET", "/chat/unknown", null, null));
        assertProblem(404, send("DELETE", "/chat/unknown", null, null));
        assertProblem(404, send("DELETE", "/chat/unknown/run", null, null));
        assertProblem(404, send("DELETE", "/chat/" + conversation + "/run", null, null));
        assertProblem(404, send("GET", "/no/such/path", null, null));
        assertProblem(
                404,
                send(
                        "POST",
                        "/chat/" + conversation + "/approvals/unknown",
                        "application/json",
                        "{\"approve\":true}".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void should_refuse_a_key_that_is_none() throws IOException {
        byte[] body = "{\"message\":\"x\"}".getBytes(StandardCharsets.US_ASCII);
        assertProblem(400, send("POST", "/chat", "application/json", body, "Idempotency-Key", "with space"));
        assertProblem(400, send("POST", "/chat", "application/json", body, "Idempotency-Key", "k".repeat(256)));
    }
}
