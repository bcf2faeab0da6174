package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/** A server of OpenAI's chat completions that sends what it is told to, and keeps what it was asked. */
final class ScriptedOpenAi implements AutoCloseable {

    /** An answer: a status, a type of content, and what is written piece by piece. A null piece cuts the connection. */
    record Answer(int status, String type, List<String> pieces) {

        static Answer json(int status, String body) {
            return new Answer(status, "application/json", List.of(body));
        }

        /** A stream of these pieces, with its last line. */
        static Answer stream(List<String> pieces) {
            return new Answer(
                    200,
                    "text/event-stream; charset=utf-8",
                    java.util.stream.Stream.concat(pieces.stream(), java.util.stream.Stream.of("[DONE]"))
                            .map(piece -> "data: " + piece + "\n\n")
                            .toList());
        }
    }

    private final HttpServer server;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    final List<JsonNode> asked = new CopyOnWriteArrayList<>();
    final List<String> keys = new CopyOnWriteArrayList<>();
    /** Reached when a client went away before it had all. */
    final CountDownLatch left = new CountDownLatch(1);

    String models = "{\"object\":\"list\",\"data\":[{\"id\":\"qwen3:8b\"},{\"id\":\"other\"}]}";

    ScriptedOpenAi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/models", exchange -> write(exchange, Answer.json(200, models)));
        server.createContext("/v1/chat/completions", exchange -> {
            asked.add(Json.parse(exchange.getRequestBody().readAllBytes()));
            keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            write(exchange, answers.remove());
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
    }

    ScriptedOpenAi then(Answer answer) {
        answers.add(answer);
        return this;
    }

    private void write(HttpExchange exchange, Answer answer) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", answer.type());
        exchange.sendResponseHeaders(answer.status(), 0);
        OutputStream out = exchange.getResponseBody();
        try {
            for (String piece : answer.pieces()) {
                if (piece.equals("CUT")) {
                    throw new IOException("as it was told");
                }
                out.write(piece.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
            out.close();
        } catch (IOException gone) {
            left.countDown();
            throw gone;
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
