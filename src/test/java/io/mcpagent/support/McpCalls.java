package io.mcpagent.support;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Plain JSON-RPC over streamable HTTP, to ask a toolbox without the product's own client. Safe for several threads. */
public final class McpCalls {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final URI url;

    /** @param url an address as {@link RealToolbox#url()} returns it */
    public McpCalls(URI url) {
        this.url = url;
    }

    /**
     * What a tool call came to.
     *
     * @param isError whether the result, or the protocol, says error
     * @param rows    one object a row, empty on an error
     * @param text    the error's text, else the rows as text
     */
    public record Answer(boolean isError, List<JsonNode> rows, String text) {}

    /** Calls a tool. */
    public Answer call(String tool, Map<String, ?> arguments) {
        JsonNode answer = send("tools/call", Map.of("name", tool, "arguments", arguments));
        if (answer.has("error")) {
            return new Answer(true, List.of(), answer.get("error").toString());
        }
        JsonNode result = answer.get("result");
        List<String> texts = new ArrayList<>();
        result.path("content").forEach(block -> texts.add(block.path("text").asText()));
        String text = String.join("\n", texts);
        if (result.path("isError").asBoolean()) {
            return new Answer(true, List.of(), text);
        }
        return new Answer(false, texts.stream().map(McpCalls::parse).toList(), text);
    }

    /** The offered tools, as {@code tools/list} describes them. */
    public List<JsonNode> tools() {
        List<JsonNode> tools = new ArrayList<>();
        send("tools/list", Map.of()).path("result").path("tools").forEach(tools::add);
        return tools;
    }

    private JsonNode send(String method, Map<String, ?> parameters) {
        try {
            String body =
                    JSON.writeValueAsString(Map.of("jsonrpc", "2.0", "id", 1, "method", method, "params", parameters));
            HttpRequest request = HttpRequest.newBuilder(url)
                    .timeout(Duration.ofSeconds(60))
                    .header("Content-Type", "application/json")
                    .header("Accept", "application/json, text/event-stream")
                    .header("MCP-Protocol-Version", "2025-06-18")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            return JSON.readTree(
                    HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
