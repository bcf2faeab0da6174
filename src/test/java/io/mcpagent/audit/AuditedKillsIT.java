package io.mcpagent.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mcpagent.conversation.DynamoDbLocal;
import io.mcpagent.conversation.DynamoTables;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Agents that are killed at any moment, and what their audit trail in DynamoDB says of the calls that a tool server got from them. */
class AuditedKillsIT {

    /** A native agent starts at once. */
    private static final int KILLS = Boolean.getBoolean("agent.native") ? 60 : 4;

    private static final int TURNS = 12;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOOLS = """
            [{"name":"write","description":"Writes","inputSchema":{"type":"object","properties":{"n":{"type":"integer"}}},"annotations":{"readOnlyHint":false}},
             {"name":"read","description":"Reads","inputSchema":{"type":"object","properties":{"n":{"type":"integer"}}},"annotations":{"readOnlyHint":true}}]""";

    private final Random random = new Random(19);
    private final DynamoDbClient client =
            DynamoTables.client(DynamoDbLocal.running().url());
    private final String table = DynamoTables.create(client);
    /** Each call that the tool server got: {@code write {"n":7}}. */
    private final Queue<String> executed = new ConcurrentLinkedQueue<>();
    /** Of these, those that were not recorded by then. */
    private final Queue<String> unrecorded = new ConcurrentLinkedQueue<>();

    @Test
    void should_have_one_record_of_each_call_that_was_made_whenever_the_process_was_killed() throws Exception {
        HttpServer tools = tools();
        try (LocalBedrock bedrock = LocalBedrock.start(0)) {
            bedrock.respond(request -> request.rounds() > 0
                    ? Script.text("Done.")
                    : Script.calls(call("write", request.question()), call("read", request.question())));
            Map<String, String> settings = settings(bedrock, tools);
            AgentProcess agent = AgentProcess.start(settings);
            for (int kill = 0; kill < KILLS; kill++) {
                CompletableFuture<AgentProcess> next = kill + 1 < KILLS
                        ? CompletableFuture.supplyAsync(() -> AgentProcess.start(settings), Thread::startVirtualThread)
                        : CompletableFuture.completedFuture(null);
                killWithinTurns(agent, kill);
                agent = next.join();
            }
            List<JsonNode> records = records();
            assertRecords(records);
            // Some are killed before they record anything.
            long chains = records.stream()
                    .map(record -> record.path("chain").asText())
                    .distinct()
                    .count();
            assertThat(verify(settings))
                    .contains(" records in " + chains + " chains, none changed, missing or out of order");
        } finally {
            tools.stop(0);
            client.close();
        }
    }

    private static Script.Block.ToolUse call(String tool, String n) {
        return new Script.Block.ToolUse(
                "t-" + tool + n, tool, JSON.createObjectNode().put("n", Integer.parseInt(n)));
    }

    private Map<String, String> settings(LocalBedrock bedrock, HttpServer tools) {
        Map<String, String> settings = new HashMap<>();
        settings.put("AGENT_AUDIT_STORE", "dynamodb");
        settings.put("AGENT_AUDIT_TABLE", table);
        settings.put("AGENT_AUDIT_ARGUMENTS", "whole");
        settings.put("AGENT_AUDIT_TIMEOUT", "30s");
        settings.put("AGENT_TOOLS_ALLOW", "write");
        settings.put("AWS_ENDPOINT_URL_DYNAMODB", DynamoDbLocal.running().url().toString());
        settings.put("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock.uri().toString());
        settings.put("MCP_URL", "http://127.0.0.1:" + tools.getAddress().getPort() + "/mcp");
        return settings;
    }

    /** Asks many things at once, and kills it when so many calls have come from it, or a moment later. */
    private void killWithinTurns(AgentProcess agent, int kill) {
        int before = executed.size();
        int enough = random.nextInt(2 * TURNS);
        long moment = random.nextInt(40) * 1_000_000L;
        List<Thread> asking = new ArrayList<>();
        for (int i = 0; i < TURNS; i++) {
            String question = "{\"message\":\"" + (kill * TURNS + i) + "\"}";
            asking.add(Thread.startVirtualThread(() -> {
                try {
                    agent.post("/chat", question);
                } catch (UncheckedIOException killed) {
                    // That is what this is about.
                }
            }));
        }
        Await.until(enough + " calls", () -> executed.size() >= before + enough);
        LockSupport.parkNanos(moment);
        agent.kill();
        for (Thread each : asking) {
            try {
                each.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void assertRecords(List<JsonNode> records) {
        Map<String, Integer> begun = new HashMap<>();
        Map<String, String> calls = new HashMap<>();
        Map<String, String> ends = new HashMap<>();
        for (JsonNode record : records) {
            String id = record.path("chain").asText() + record.path("callId").asText();
            String call = record.path("tool").asText() + " "
                    + record.path("arguments").asText();
            switch (record.path("kind").asText()) {
                case "call_begin" -> {
                    begun.merge(call, 1, Integer::sum);
                    assertThat(calls.put(id, call)).as("%s", record).isNull();
                }
                case "call_end" ->
                    assertThat(ends.put(id, record.path("outcome").asText()))
                            .as("%s", record)
                            .isNull();
                default -> throw new AssertionError(record.toString());
            }
        }
        assertThat(unrecorded).as("made before they were recorded").isEmpty();
        executed.forEach(call -> assertThat(begun.get(call)).as(call).isEqualTo(1));
        assertThat(executed).doesNotHaveDuplicates();
        ends.forEach((id, outcome) -> {
            assertThat(calls).as("a call that ended has begun").containsKey(id);
            if (outcome.equals("ok")) {
                assertThat(executed).contains(calls.get(id));
            } else if (outcome.equals("not_sent")) {
                assertThat(executed).doesNotContain(calls.get(id));
            }
        });
        System.out.printf(
                "%d agents killed: %d calls made, %d recorded, %d of which have no end%n",
                KILLS, executed.size(), calls.size(), calls.size() - ends.size());
        assertThat(executed).hasSizeGreaterThan(KILLS);
        assertThat(ends.size()).as("kills that hit no call").isLessThan(calls.size());
    }

    private List<JsonNode> records() {
        List<JsonNode> records = new ArrayList<>();
        client.scanPaginator(scan -> scan.tableName(table).consistentRead(true))
                .items()
                .forEach(item -> item.get("lines")
                        .l()
                        .forEach(line -> records.add(AuditRecord.read(line.s()).json())));
        return records;
    }

    private String verify(Map<String, String> settings) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(AgentProcess.command());
        command.addAll(List.of("audit", "verify", "--table", table));
        ProcessBuilder verify = new ProcessBuilder(command).redirectErrorStream(true);
        verify.environment().putAll(settings);
        verify.environment()
                .putAll(Map.of(
                        "AWS_REGION", "us-east-1", "AWS_ACCESS_KEY_ID", "test", "AWS_SECRET_ACCESS_KEY", "test"));
        Process process = verify.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** A tool server that looks, before it does anything, whether the call was recorded. */
    private HttpServer tools() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/mcp", this::answer);
        server.start();
        return server;
    }

    private void answer(HttpExchange http) throws IOException {
        JsonNode request = JSON.readTree(http.getRequestBody());
        if (request == null || !request.has("id")) {
            http.sendResponseHeaders(http.getRequestMethod().equals("POST") ? 202 : 405, -1);
            http.close();
            return;
        }
        ObjectNode answer = JSON.createObjectNode().put("jsonrpc", "2.0").set("id", request.get("id"));
        switch (request.path("method").asText()) {
            case "initialize" -> {
                ObjectNode result = answer.putObject("result").put("protocolVersion", "2025-11-25");
                result.putObject("capabilities").putObject("tools");
                result.putObject("serverInfo").put("name", "tools").put("version", "1");
            }
            case "tools/list" -> answer.putObject("result").set("tools", JSON.readTree(TOOLS));
            case "tools/call" -> {
                JsonNode params = request.path("params");
                String call = params.path("name").asText() + " " + params.path("arguments");
                if (records().stream().noneMatch(record -> isBegin(record, call))) {
                    unrecorded.add(call);
                }
                executed.add(call);
                answer.putObject("result")
                        .putArray("content")
                        .addObject()
                        .put("type", "text")
                        .put("text", "{}");
            }
            default -> answer.putObject("error").put("code", -32_601).put("message", "Method not found");
        }
        byte[] bytes = JSON.writeValueAsBytes(answer);
        http.getResponseHeaders().set("Content-Type", "application/json");
        http.sendResponseHeaders(200, bytes.length);
        http.getResponseBody().write(bytes);
        http.close();
    }

    private static boolean isBegin(JsonNode record, String call) {
        return record.path("kind").asText().equals("call_begin")
                && call.equals(record.path("tool").asText() + " "
                        + record.path("arguments").asText());
    }
}
