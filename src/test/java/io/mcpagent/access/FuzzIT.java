package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Requests made from the OpenAPI document, most of them wrong: none may break the agent, none may learn anything, none may leave anything. */
@Tag("long")
class FuzzIT {

    private static final int REQUESTS = 5_500;
    private static final int WARM_UP = 1_500;
    private static final int AT_ONCE = 4;
    private static final long SEED = Long.getLong("fuzz.seed", 20_260_401);
    private static final long SLACK_KB = 12_000;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern LEAK = Pattern.compile(
            "Exception|\\bat [a-z]+\\.[a-z.]+\\(|io\\.mcpagent|java\\.|jakarta\\.|com\\.fasterxml|io\\.(vertx|quarkus|netty)"
                    + "|arn:aws|SELECT |RESTEASY|" + Door.BILLING);
    private static final Set<String> HEADERS = Set.of(
            "content-type",
            "content-encoding",
            "content-length",
            "connection",
            "retry-after",
            "www-authenticate",
            "ratelimit",
            "ratelimit-policy",
            "transfer-encoding",
            "cache-control",
            "allow",
            "x-sse-content-type",
            "x-content-type-options",
            "referrer-policy",
            "content-security-policy",
            "x-trace-id",
            "x-accel-buffering",
            "mcp-session-id");

    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final Map<Integer, AtomicInteger> statuses = new ConcurrentHashMap<>();

    @Test
    void should_answer_every_request_below_500_leak_nothing_and_have_its_memory_back() throws Exception {
        try (Door door = new Door(Map.of("AGENT_CONVERSATION_MEMORY_CAPACITY", "100"));
                ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            door.bedrock.always(Script.text("Hello."));
            JsonNode api = JSON.readTree(door.agent
                    .get("/openapi?format=json", Door.key(Door.BILLING))
                    .body());
            FuzzedRequests requests = new FuzzedRequests(api, door.issuer.token("fuzzer"));
            run(door, requests, threads, 0, WARM_UP);
            long before = memory(door.agent);
            run(door, requests, threads, WARM_UP, REQUESTS);
            long after = memory(door.agent);
            System.out.printf(
                    "%d requests, seed %d, answers by status %s, memory after GC %d KB before, %d KB after%n",
                    REQUESTS, SEED, new TreeMap<>(statuses), before, after);
            assertEquals(List.of(), wrong.stream().limit(20).toList());
            assertTrue(
                    statuses.containsKey(200) && statuses.containsKey(400) && statuses.containsKey(413),
                    statuses.toString());
            assertTrue(after <= before * 1.1 + SLACK_KB, before + " KB became " + after + " KB");
            assertEquals(
                    200,
                    door.agent
                            .post("/chat", "{\"message\":\"hello\"}", door.person("ann"))
                            .statusCode());
            assertTrue(!door.agent.log().contains("ERROR"), door.agent.log());
        }
    }

    private void run(Door door, FuzzedRequests requests, ExecutorService threads, int from, int to) throws Exception {
        List<Future<?>> all = new ArrayList<>();
        for (int i = from; i < to; i++) {
            FuzzedRequests.Request request = requests.make(new Random(SEED + i));
            all.add(threads.submit(() -> {
                try {
                    check(
                            request,
                            RawRequest.send(
                                    door.agent.port(),
                                    request.head(),
                                    request.body().get(),
                                    request.beforeHttp() ? 2_000 : 60_000));
                } catch (SocketTimeoutException e) {
                    // Behind a broken head the server may have to wait for a body that never ends; SlowClientIT tests
                    // how long.
                    if (!request.beforeHttp()) {
                        wrong.add("no answer: " + request.what());
                    }
                }
                return null;
            }));
            if (all.size() == 200) {
                await(all);
            }
        }
        await(all);
    }

    private static void await(List<Future<?>> all) throws Exception {
        for (Future<?> one : all) {
            one.get();
        }
        all.clear();
    }

    private void check(FuzzedRequests.Request request, RawRequest.Answer answer) {
        statuses.computeIfAbsent(answer.status(), status -> new AtomicInteger()).incrementAndGet();
        String shown = request.what() + " → " + answer.status() + " " + answer.headers() + " "
                + answer.body().substring(0, Math.min(200, answer.body().length()));
        // Here is no tool server, and GET /tools can only say so.
        boolean withoutTools = answer.status() == 503 && answer.body().contains("\"/problems/tools-unavailable\"");
        if ((answer.status() >= 500 && !withoutTools) || answer.status() < 200 && !request.mayBeCut()) {
            wrong.add(shown);
        } else if (LEAK.matcher(answer.body()).find()) {
            wrong.add("leak: " + shown);
        } else if (!answer.headers().keySet().stream()
                .allMatch(name -> HEADERS.contains(name.toLowerCase(java.util.Locale.ROOT)))) {
            wrong.add("header: " + shown);
        } else if ("gzip".equals(answer.headers().get("content-encoding"))
                && String.valueOf(answer.headers().get("content-type")).matches("(?i).*(json|event-stream).*")) {
            wrong.add("compressed: " + shown);
        } else if (answer.status() >= 400 && !request.beforeHttp() && !isProblem(answer)) {
            wrong.add("no problem: " + shown);
        } else if (answer.status() >= 200
                && answer.status() < 300
                && !request.what().matches("(?s)(OPTIONS|HEAD) .*")
                && !request.documented().contains(answer.status())) {
            wrong.add("not in the document: " + shown);
        }
    }

    private static boolean isProblem(RawRequest.Answer answer) {
        if ("application/json".equals(answer.headers().get("content-type"))) {
            return answer.body().startsWith("{\"error\":{\"message\":\"")
                    || answer.body().startsWith("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{");
        }
        return "application/problem+json".equals(answer.headers().get("content-type"))
                && answer.body().contains("\"type\":\"/problems/")
                && answer.body().contains("\"traceId\":\"");
    }

    /** Kilobytes that are in use after a collection; for a native executable, those that are resident. */
    private static long memory(AgentProcess agent) throws Exception {
        if (Boolean.getBoolean("agent.native")) {
            return number(Files.readString(Path.of("/proc/" + agent.pid() + "/status")), "VmRSS:\\s+(\\d+) kB");
        }
        jcmd(agent, "GC.run");
        jcmd(agent, "GC.run");
        return number(jcmd(agent, "GC.heap_info"), "used (\\d+)K");
    }

    private static String jcmd(AgentProcess agent, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(agent.pid()),
                        command)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static long number(String text, String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        assertTrue(found.find(), text);
        return Long.parseLong(found.group(1));
    }
}
