package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.base.Ids;
import java.io.IOException;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A tool server that does at random whatever its side of the wire allows: {@code read}, {@code write} and {@code ask}, each of which takes a text
 * {@code n} and gives it back. What it has carried out, it counts. Never does it carry out what it refuses as a proper server would, with a 3xx or 4xx.
 */
public final class HostileToolServer implements AutoCloseable {

    private static final String HUGE = "{\"name\":\"x\",\"description\":\"" + "y".repeat(1 << 20) + "\"}";

    private final Random random;
    private final StubServer server = new StubServer();
    private final Set<String> sessions = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> executed = new ConcurrentHashMap<>();
    private final Map<String, Integer> faults = new TreeMap<>();
    private volatile boolean sound;
    private volatile int version;

    public HostileToolServer(Random random) {
        this.random = random;
        server.onInitialize = this::initialize;
        server.onDiscover = (request, reply) -> {
            if (!trouble("discover", 10, request, reply)) {
                reply.error(-32_601, "Method not found");
            }
        };
        server.onList = this::list;
        server.onCall = this::call;
    }

    public String url() {
        return server.url();
    }

    /** From now on it does all that is asked of it, and nothing else. Its tools have changed once more. */
    public void behave() {
        version++;
        sound = true;
    }

    /** From now on it is as it is. */
    public void misbehave() {
        sound = false;
    }

    /** What its tools say that they do, now. */
    public String description() {
        return "version " + version;
    }

    /** How often each text was carried out by a tool that writes. */
    public Map<String, Integer> executed() {
        return executed;
    }

    /** How often it did what. */
    public synchronized Map<String, Integer> faults() {
        return new TreeMap<>(faults);
    }

    private synchronized int pick(int bound) {
        return random.nextInt(bound);
    }

    private synchronized void did(String what) {
        faults.merge(what, 1, Integer::sum);
    }

    private void initialize(StubServer.Request request, StubServer.Reply reply) throws Exception {
        if (trouble("initialize", 10, request, reply)) {
            return;
        }
        String session = Ids.random();
        boolean keeps = pick(3) > 0;
        if (keeps) {
            sessions.add(session);
        }
        reply.send(
                200,
                "Content-Type: application/json\r\n" + (keeps ? "Mcp-Session-Id: " + session + "\r\n" : ""),
                "{\"jsonrpc\":\"2.0\",\"id\":" + reply.id()
                        + ",\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"hostile\",\"version\":\"1\"}}}");
    }

    /** Whether it was answered already: the session is not known, or something goes wrong before anything is done, once in so many times. */
    private boolean trouble(String what, int oneIn, StubServer.Request request, StubServer.Reply reply)
            throws Exception {
        String session = request.headers().get("Mcp-Session-Id");
        if (!sound && pick(100) == 0) {
            sessions.clear();
        }
        if (session != null && !sessions.contains(session)) {
            did("session gone");
            reply.status(404);
            return true;
        }
        if (sound || pick(oneIn) > 0) {
            return false;
        }
        int kind = pick(10);
        did(what + " refused " + kind);
        switch (kind) {
            case 0 -> reply.status(429);
            case 1 -> reply.send(429, "Retry-After: 3600\r\n", "slow down");
            case 2 -> reply.send(302, "Location: http://127.0.0.1:9/elsewhere\r\n", "");
            case 3 -> reply.send(307, "Location: /mcp\r\n", "");
            case 4 -> reply.status(400);
            case 5 -> reply.status(401);
            default -> broken(kind + pick(8), reply);
        }
        return true;
    }

    /** An answer that says nothing of what was done. */
    private void broken(int kind, StubServer.Reply reply) throws Exception {
        switch (kind % 12) {
            case 0 -> reply.reset();
            case 1 -> reply.status(500);
            case 2 -> reply.send(503, "Content-Type: application/json\r\nRetry-After: 1\r\n", "{\"error\":");
            case 3 ->
                reply.json("{\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"result\":{\"content\":[{\"type\":\"te");
            case 4 ->
                reply.json(
                        "{\"jsonrpc\":\"2.0\",\"id\":999999999,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"n=another's\"}]}}");
            case 5 ->
                reply.events("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n: nothing more");
            case 6 -> reply.events("event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"resu");
            case 7 -> reply.send(200, "Content-Type: text/html\r\n", "<html>busy</html>");
            case 8 -> reply.send(202, "", "");
            case 9 -> {
                reply.out()
                        .write(
                                "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"jsonrpc\""
                                        .getBytes());
                reply.reset();
            }
            case 10 -> {
                if (pick(4) == 0) {
                    did("hangs");
                    reply.hang();
                }
                reply.reset();
            }
            default -> reply.json("[]");
        }
    }

    private void list(StubServer.Request request, StubServer.Reply reply) throws Exception {
        if (trouble("list", 30, request, reply)) {
            return;
        }
        if (!sound && pick(20) == 0) {
            int kind = pick(8);
            did("list " + kind);
            switch (kind) {
                case 0 -> reply.result("{}");
                case 1 -> reply.result("{\"tools\":7}");
                case 2 -> reply.result("{\"tools\":[7,null,{},{\"name\":7},{\"name\":\"\"},[[[]]]]}");
                case 3 -> reply.result("{\"tools\":[" + (HUGE + ",").repeat(17) + HUGE + "]}");
                case 4 -> reply.result("{\"tools\":[" + "{},".repeat(300_000) + "{}]}");
                case 5 -> reply.result("{\"tools\":[],\"nextCursor\":\"again\"}");
                case 6 -> reply.error(-32_603, "out of order");
                default ->
                    reply.result("{\"tools\":[" + tool("read", "true", "{\"a\":".repeat(500) + "1" + "}".repeat(500))
                            + "]}");
            }
            return;
        }
        if (!sound && pick(12) == 0) {
            version++;
        }
        boolean asks = sound || pick(5) > 0;
        reply.result("{\"tools\":[" + tool("read", "true", "{}") + "," + tool("write", "false", "{}")
                + (asks ? "," + tool("ask", "false", "{}") : "") + "],\"ttlMs\":1000}");
    }

    private String tool(String name, String readOnly, String more) {
        return "{\"name\":\"" + name + "\",\"description\":\"" + description()
                + "\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"string\"}},\"x\":" + more
                + "},\"annotations\":{\"readOnlyHint\":" + readOnly + "}}";
    }

    private void call(StubServer.Request request, StubServer.Reply reply) throws Exception {
        JsonNode params = request.json().path("params");
        String n = params.path("arguments").path("n").asText();
        if (trouble("call", 8, request, reply)) {
            return;
        }
        if (!sound && pick(30) == 0) {
            did("call of a tool that is gone");
            reply.error(-32_602, "unknown tool " + params.path("name").asText());
            return;
        }
        if (!params.path("name").asText().equals("read")) {
            executed.merge(n, 1, Integer::sum);
        }
        if (sound || pick(5) > 0) {
            done(reply, n);
            return;
        }
        int kind = pick(18);
        did("call done, then " + kind);
        switch (kind) {
            case 12 -> reply.failedText("n=" + n + " could not be done");
            case 13 -> reply.error(-32_603, "out of order");
            case 14 -> reply.text("n=" + n, "\u2028</script>\n\ndata: {}", "\ud800", "\u0000");
            case 15 -> reply.result("{\"content\":[{\"type\":\"text\",\"text\":\"n=" + n + "\\ud800\\u202e\"}]}");
            case 16 -> reply.result("{\"structuredContent\":{\"n\":\"n=" + n + "\"},\"content\":[]}");
            case 17 ->
                reply.result("{\"content\":[{\"type\":\"text\",\"text\":\"n=" + n
                        + "\"},{\"type\":\"image\",\"data\":7},7]}");
            default -> broken(kind, reply);
        }
    }

    private static void done(StubServer.Reply reply, String n) throws IOException {
        reply.text("n=" + n);
    }

    @Override
    public void close() {
        server.close();
    }
}
