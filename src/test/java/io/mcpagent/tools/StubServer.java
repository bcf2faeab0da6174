package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.support.Await;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** An MCP server over streamable HTTP that does exactly what a test tells it to, also what no good server does. */
final class StubServer implements AutoCloseable {

    static final String READ_TOOL = """
            {"name":"read","description":"Reads","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}""";
    static final String WRITE_TOOL = """
            {"name":"write","description":"Writes","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":false}}""";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Answers one request. */
    @FunctionalInterface
    interface Script {
        void answer(Request request, Reply reply) throws Exception;
    }

    /** A request as it came in; {@code json} is null if it has no body. */
    record Request(String method, String path, Map<String, String> headers, JsonNode json) {

        String rpc() {
            return json == null ? "" : json.path("method").asText();
        }
    }

    private final ServerSocket listener;
    private final Thread acceptor;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    final AtomicInteger connections = new AtomicInteger();
    final List<Request> requests = new CopyOnWriteArrayList<>();

    volatile Script onInitialize = (request, reply) -> reply.result("""
            {"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"stub","version":"1"}}""");
    volatile Script onList = (request, reply) -> reply.result("{\"tools\":[" + READ_TOOL + "," + WRITE_TOOL + "]}");
    /** Whatever is no POST. */
    volatile Script onGet = (request, reply) -> reply.status(405);
    /** A server with sessions does not know it. */
    volatile Script onDiscover = (request, reply) -> reply.error(-32_601, "Method not found");
    /** Pings and notifications. */
    volatile Script onOther = (request, reply) -> reply.status(202);
    /** Which connections are served; any other is closed once something came in. */
    volatile Predicate<Socket> onConnect = socket -> true;

    volatile Script onCall = (request, reply) -> reply.text("{\"done\":true}");

    StubServer() {
        this(0);
    }

    StubServer(int port) {
        try {
            listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.acceptor = Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + port() + "/mcp";
    }

    int port() {
        return listener.getLocalPort();
    }

    int openConnections() {
        return open.size();
    }

    /** How many requests of that JSON-RPC method came in, executed or not. */
    long count(String rpcMethod) {
        return requests.stream()
                .filter(request -> request.rpc().equals(rpcMethod))
                .count();
    }

    List<Request> all(String rpcMethod) {
        return requests.stream()
                .filter(request -> request.rpc().equals(rpcMethod))
                .toList();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                connections.incrementAndGet();
                socket.setTcpNoDelay(true);
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            if (!onConnect.test(socket)) {
                socket.getInputStream().read();
                return;
            }
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                Request request = read(in);
                if (request == null) {
                    return;
                }
                requests.add(request);
                answer(request, new Reply(socket, request));
            }
        } catch (Exception e) {
            // The connection is over, by the script or by the client.
        } finally {
            open.remove(socket);
        }
    }

    private void answer(Request request, Reply reply) throws Exception {
        if (!request.method().equals("POST")) {
            onGet.answer(request, reply);
            return;
        }
        switch (request.rpc()) {
            case "initialize" -> onInitialize.answer(request, reply);
            case "server/discover" -> onDiscover.answer(request, reply);
            case "tools/list" -> onList.answer(request, reply);
            case "tools/call" -> onCall.answer(request, reply);
            default -> onOther.answer(request, reply);
        }
    }

    private static Request read(InputStream in) throws IOException {
        String first = line(in);
        if (first == null) {
            return null;
        }
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        String line;
        while ((line = line(in)) != null && !line.isEmpty()) {
            headers.put(
                    line.substring(0, line.indexOf(':')),
                    line.substring(line.indexOf(':') + 1).strip());
        }
        byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("Content-Length", "0")));
        String[] parts = first.split(" ");
        return new Request(parts[0], parts[1], headers, body.length == 0 ? null : JSON.readTree(body));
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int next;
        while ((next = in.read()) != '\n') {
            if (next < 0) {
                return null;
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    /** Closes every connection without a word, as a server that ends does, and goes on listening. */
    void dropConnections() {
        Set<Socket> dropped = Set.copyOf(open);
        dropped.forEach(socket -> {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        // A socket that a thread is reading from is closed only when that thread has noticed.
        Await.until("the connections to be closed", () -> Collections.disjoint(open, dropped));
    }

    @Override
    public void close() {
        try {
            listener.close();
            acceptor.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        dropConnections();
    }

    /** The ways to answer, good and bad. */
    static final class Reply {
        private final Socket socket;
        private final Request request;

        Reply(Socket socket, Request request) {
            this.socket = socket;
            this.request = request;
        }

        OutputStream out() throws IOException {
            return socket.getOutputStream();
        }

        String id() {
            return request.json().path("id").toString();
        }

        void send(int status, String headers, String body) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            out().write(("HTTP/1.1 " + status + " X\r\n" + headers + "Content-Length: " + bytes.length + "\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            out().write(bytes);
        }

        void status(int status) throws IOException {
            send(status, "", "");
        }

        void json(String body) throws IOException {
            send(200, "Content-Type: application/json\r\n", body);
        }

        void result(String result) throws IOException {
            json("{\"jsonrpc\":\"2.0\",\"id\":" + id() + ",\"result\":" + result + "}");
        }

        void error(int code, String message) throws IOException {
            json("{\"jsonrpc\":\"2.0\",\"id\":" + id() + ",\"error\":{\"code\":" + code + ",\"message\":"
                    + JSON.valueToTree(message) + "}}");
        }

        /** A result with these text blocks. */
        void text(String... blocks) throws IOException {
            StringBuilder content = new StringBuilder();
            for (String block : blocks) {
                content.append(content.isEmpty() ? "" : ",")
                        .append("{\"type\":\"text\",\"text\":")
                        .append(JSON.writeValueAsString(block))
                        .append('}');
            }
            result("{\"content\":[" + content + "]}");
        }

        void failedText(String text) throws IOException {
            result("{\"content\":[{\"type\":\"text\",\"text\":" + JSON.writeValueAsString(text)
                    + "}],\"isError\":true}");
        }

        /** Raw text of an event stream, which ends with the connection. */
        void events(String text) throws IOException {
            out().write(("HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + text)
                    .getBytes(StandardCharsets.UTF_8));
            socket.close();
        }

        /** RST. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        /** Says nothing until the client is gone. */
        void hang() throws Exception {
            hang(new CountDownLatch(1));
        }

        /** Says nothing; counts down when the client is gone. */
        void hang(CountDownLatch gone) throws Exception {
            try {
                while (socket.getInputStream().read() >= 0) {
                    continue;
                }
            } finally {
                gone.countDown();
            }
        }
    }
}
