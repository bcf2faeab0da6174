package io.mcpagent.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mcpagent.conversation.DynamoDbLocal;
import io.mcpagent.conversation.DynamoTables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;

/** DynamoDB Local with the agent's table, behind a relay that writes down what was asked for and what came of it. */
final class DynamoWire implements AutoCloseable {

    private static final Set<String> NOT_FORWARDED =
            Set.of("connection", "content-length", "host", "transfer-encoding", "upgrade", "expect");
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * A call.
     *
     * @param operation such as {@code GetItem}
     * @param status    the answer's
     * @param items     how many items' content the answer carried
     */
    record Call(String operation, int status, int items) {

        boolean wrote() {
            return status == 200 && !operation.equals("GetItem") && !operation.equals("Query");
        }
    }

    private final DynamoDbLocal server = DynamoDbLocal.running();
    private final String table =
            DynamoTables.table(DynamoTables.client(server.url())).name();
    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HttpServer relay;

    static {
        // Without it each answer waits for an acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    DynamoWire() {
        try {
            relay = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        relay.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        relay.createContext("/", this::forward);
        relay.start();
    }

    Map<String, String> settings() {
        return Map.of(
                "AGENT_CONVERSATION_STORE",
                "dynamodb",
                "AGENT_CONVERSATION_TABLE",
                table,
                "AWS_ENDPOINT_URL_DYNAMODB",
                "http://127.0.0.1:" + relay.getAddress().getPort());
    }

    /** What was called since the last time. */
    List<Call> take() {
        List<Call> taken = List.copyOf(calls);
        calls.clear();
        return taken;
    }

    private void forward(HttpExchange exchange) throws IOException {
        try (exchange) {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            server.url().resolve(exchange.getRequestURI().toString()))
                    .method(
                            exchange.getRequestMethod(),
                            HttpRequest.BodyPublishers.ofByteArray(
                                    exchange.getRequestBody().readAllBytes()));
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!NOT_FORWARDED.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            HttpResponse<byte[]> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
            calls.add(new Call(
                    target.substring(target.indexOf('.') + 1),
                    answer.statusCode(),
                    items(JSON.readTree(answer.body()))));
            answer.headers().map().forEach((name, values) -> {
                if (!NOT_FORWARDED.contains(name)) {
                    exchange.getResponseHeaders().put(name, values);
                }
            });
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int items(JsonNode answer) {
        return answer.path("Items").size()
                + (answer.path("Item").isEmpty() ? 0 : 1)
                + (answer.path("Attributes").isEmpty() ? 0 : 1);
    }

    @Override
    public void close() {
        relay.stop(0);
        http.close();
    }
}
