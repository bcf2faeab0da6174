package io.mcpagent.turn;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * What the agent answered, as one JSON document or as events.
 *
 * @param body   the document; a missing node for events
 * @param events the events; none for a document
 */
public record Answer(int status, HttpHeaders headers, JsonNode body, List<JsonNode> events) {

    static final ObjectMapper JSON = new ObjectMapper();

    /** The answer that a response is. */
    public static Answer of(HttpResponse<String> response) {
        boolean streamed =
                response.headers().firstValue("content-type").orElse("").startsWith("text/event-stream");
        return streamed
                ? new Answer(response.statusCode(), response.headers(), JSON.missingNode(), events(response.body()))
                : new Answer(response.statusCode(), response.headers(), parse(response.body()), List.of());
    }

    private static List<JsonNode> events(String body) {
        List<JsonNode> events = new ArrayList<>();
        body.lines().filter(line -> line.startsWith("data: ")).forEach(line -> events.add(parse(line.substring(6))));
        return events;
    }

    static JsonNode parse(String json) {
        try {
            return json.isEmpty() ? JSON.missingNode() : JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + json, e);
        }
    }

    /** Whether the turn ended as it should. */
    public boolean succeeded() {
        return status == 200
                && (events.isEmpty()
                        ? body.has("answer")
                        : last().path("type").asText().equals("RUN_FINISHED"));
    }

    /** The last event. */
    public JsonNode last() {
        return events.isEmpty() ? JSON.missingNode() : events.getLast();
    }

    /** The answer's document in either form; a missing node if the turn failed. */
    public JsonNode reply() {
        return events.isEmpty() ? body : last().path("result");
    }

    public String text() {
        return reply().path("answer").asText();
    }

    public String outcome() {
        return reply().path("outcome").asText();
    }

    public String conversationId() {
        return reply().path("conversationId").asText();
    }

    /** What went wrong, by the last part of the problem's type; empty if nothing did. */
    public String problem() {
        return events.isEmpty()
                ? body.path("type").asText().replace("/problems/", "")
                : last().path("type").asText().equals("RUN_ERROR")
                        ? last().path("code").asText()
                        : "";
    }

    /** The text as its deltas say it. */
    public String streamedText() {
        StringBuilder text = new StringBuilder();
        events.stream()
                .filter(event -> event.path("type").asText().equals("TEXT_MESSAGE_CONTENT"))
                .forEach(event -> text.append(event.path("delta").asText()));
        return text.toString();
    }

    @Override
    public String toString() {
        return status + " " + headers.map().getOrDefault("retry-after", List.of()) + " "
                + (events.isEmpty() ? body : events);
    }
}
