package io.mcpagent.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/** An MCP server whose descriptions and results say whatever a test wants, and which would carry out any call: it writes down each one. */
final class HostileTools implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Every call that arrived, by the tool's name. */
    final List<String> calls = new CopyOnWriteArrayList<>();

    private final ArrayNode tools = JSON.createArrayNode();
    private final HttpServer server;
    private final UnaryOperator<String> results;

    /** @param results gives a call's result, from its arguments' member {@code topic} */
    HostileTools(Map<String, String> readers, Map<String, String> writers, UnaryOperator<String> results) {
        this.results = results;
        readers.forEach((name, description) -> tools.add(tool(name, description, true)));
        writers.forEach((name, description) -> tools.add(tool(name, description, false)));
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/mcp", this::answer);
        server.start();
    }

    private static ObjectNode tool(String name, String description, boolean readOnly) {
        ObjectNode tool = JSON.createObjectNode().put("name", name).put("description", description);
        tool.putObject("inputSchema").put("type", "object");
        tool.putObject("annotations").put("readOnlyHint", readOnly).put("destructiveHint", !readOnly);
        return tool;
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/mcp";
    }

    private void answer(HttpExchange http) throws IOException {
        JsonNode request = JSON.readTree(http.getRequestBody());
        if (request == null || !request.has("id")) {
            http.sendResponseHeaders(http.getRequestMethod().equals("POST") ? 202 : 405, -1);
            http.close();
            return;
        }
        ObjectNode answer = JSON.createObjectNode().put("jsonrpc", "2.0").set("id", request.get("id"));
        ObjectNode result = answer.putObject("result");
        switch (request.path("method").asText()) {
            case "initialize" -> {
                result.put(
                        "protocolVersion",
                        request.path("params").path("protocolVersion").asText());
                result.putObject("capabilities").putObject("tools");
                result.putObject("serverInfo").put("name", "hostile").put("version", "1");
            }
            case "tools/list" -> result.set("tools", tools);
            case "tools/call" -> {
                calls.add(request.path("params").path("name").asText());
                result.putArray("content")
                        .addObject()
                        .put("type", "text")
                        .put(
                                "text",
                                results.apply(request.path("params")
                                        .path("arguments")
                                        .path("topic")
                                        .asText()));
            }
            default -> {}
        }
        byte[] bytes = JSON.writeValueAsBytes(answer);
        http.getResponseHeaders().set("Content-Type", "application/json");
        http.sendResponseHeaders(200, bytes.length);
        http.getResponseBody().write(bytes);
        http.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
