package io.mcpagent.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Await;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.SampleShop;
import io.mcpagent.support.TestTools;
import io.mcpagent.turn.Answer;
import io.mcpagent.turn.OpenRequest;
import io.mcpagent.turn.Stage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The events of every kind of turn are valid AG-UI 1.0, by the schemas that the protocol's own package publishes. */
class AgUiIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FOLDER = Project.directory().resolve("src/test/ag-ui");

    private static RealToolbox toolbox;
    private static Stage stage;
    /** Runs beside the other tests, since it does nothing but wait. */
    private static CompletableFuture<Duration> quiet;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(run(List.of("npm", "--version"), "").exit == 0, "Node.js with npm is not installed");
        Ran installed = run(List.of("npm", "ci", "--no-audit", "--no-fund"), "");
        assertEquals(0, installed.exit, installed.output);
        toolbox = RealToolbox.start(
                List.of(TestTools.addStock(), Project.toolboxConfig("tools.sqlite.yaml")),
                Map.of("SHOP_DB", SampleShop.writableCopy().toString()));
        stage = Stage.with(toolbox.url(), "AGENT_MODEL_IDLE_TIMEOUT", "60s", "AGENT_MODEL_MAX_ATTEMPTS", "1");
        quiet = CompletableFuture.supplyAsync(AgUiIT::untilComment, Thread::startVirtualThread);
    }

    @AfterAll
    static void stop() {
        if (stage != null) {
            stage.close();
            toolbox.close();
        }
    }

    private record Ran(int exit, String output) {}

    private static Ran run(List<String> command, String input) throws IOException, InterruptedException {
        Path log = Files.createTempFile(Project.target("ag-ui"), "run", ".log");
        Path in = Files.writeString(Files.createTempFile(Project.target("ag-ui"), "events", ".jsonl"), input);
        try {
            Process process = new ProcessBuilder(command)
                    .directory(FOLDER.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(in.toFile())
                    .redirectOutput(log.toFile())
                    .start();
            return new Ran(process.waitFor(), Files.readString(log));
        } catch (IOException notInstalled) {
            return new Ran(127, notInstalled.getMessage());
        }
    }

    private static Ran validate(List<JsonNode> events) throws IOException, InterruptedException {
        StringBuilder lines = new StringBuilder();
        events.forEach(event -> lines.append(event).append('\n'));
        return run(List.of("node", "validate.mjs"), lines.toString());
    }

    private static Script.Block.ToolUse call(String id, String name, String member, Object value) {
        return new Script.Block.ToolUse(id, name, JSON.createObjectNode().putPOJO(member, value));
    }

    private static Script.Block.ToolUse add(String id, int product) {
        return new Script.Block.ToolUse(
                id,
                "add_stock",
                JSON.createObjectNode().put("product_id", product).put("quantity", 1));
    }

    private static Answer decide(String conversation, String call, boolean approve) {
        String[] streaming = {"Accept", "text/event-stream"};
        return Answer.of(stage.agent()
                .post("/chat/" + conversation + "/approvals/" + call, "{\"approve\":" + approve + "}", streaming));
    }

    private static Answer ask(String question, Script script, String... headers) {
        stage.when(question, script);
        return stage.askStreaming(null, question, headers);
    }

    private static List<Answer> turns() {
        List<Answer> all = new ArrayList<>();
        Script.Reply text = Script.text("A short answer, with “quotes”, a \\ and an emoji 🎿.");
        all.add(ask("text", text));
        all.add(ask(
                "tools",
                Script.Rounds.of(
                        Script.calls(
                                call("a", "get_customer", "customer_id", 1), call("b", "get_order", "order_id", 2)),
                        text)));
        all.add(ask(
                "text and tool",
                Script.Rounds.of(
                        Script.text("Let me look.")
                                .and(call("c", "get_customer", "customer_id", 1))
                                .stop("tool_use"),
                        text)));
        all.add(ask(
                "wrong argument",
                Script.Rounds.of(Script.calls(call("d", "get_customer", "customer_id", "one")), text)));
        all.add(ask("unknown tool", Script.Rounds.of(Script.calls(call("e", "no_such_tool", "x", 1)), text)));
        all.add(ask("no arguments", Script.Rounds.of(Script.call("get_customer", JSON.createObjectNode()), text)));
        all.add(ask("reasoning", text.after(new Script.Block.Reasoning("I think.", "signature"))));
        all.add(ask(
                "endless",
                new Script.EndlessTool("get_customer", JSON.createObjectNode().put("customer_id", 1))));
        all.add(ask("cut by length", text.stop("max_tokens")));
        all.add(ask("guardrail", text.stop("guardrail_intervened")));
        all.add(ask("refused", Script.error("ValidationException", "scripted")));
        all.add(ask("broken", text.fault(new Script.Fault.CutAt(3, Script.Cut.RESET))));
        all.add(ask(
                "broken call",
                Script.calls(call("f", "get_customer", "customer_id", 1))
                        .fault(new Script.Fault.CutAt(3, Script.Cut.RESET))));
        all.add(ask("repeated", text, "Idempotency-Key", "ag-ui"));
        all.add(ask("repeated", text, "Idempotency-Key", "ag-ui"));
        all.addAll(decisions(text));
        all.add(stopped());
        return all;
    }

    private static List<Answer> decisions(Script text) {
        Answer asked = ask(
                "write",
                Script.Rounds.of(
                        Script.calls(call("r", "get_customer", "customer_id", 1), add("w1", 1), add("w2", 2)), text));
        assertEquals("approval_required", asked.outcome(), asked::toString);
        return List.of(asked, decide(asked.conversationId(), "w2", true), decide(asked.conversationId(), "w1", false));
    }

    private static Answer stopped() {
        stage.when("stopped", Script.text("word ".repeat(500)).frameDelay(Duration.ofMillis(20)));
        String conversation = stage.conversation();
        Thread.startVirtualThread(() -> Await.until(
                "the run to be stopped",
                () -> !stage.asked("stopped").isEmpty()
                        && stage.agent()
                                        .delete("/chat/" + conversation + "/run")
                                        .statusCode()
                                == 204));
        return stage.askStreaming(conversation, "stopped");
    }

    @Test
    void should_send_valid_events_in_every_kind_of_turn() throws Exception {
        List<JsonNode> events = new ArrayList<>();
        turns().forEach(turn -> {
            assertTrue(!turn.events().isEmpty(), turn::toString);
            events.addAll(turn.events());
        });
        Ran result = validate(events);
        System.out.println("AG-UI, valid events: " + result.output.strip());
        assertEquals(0, result.exit, result.output);
        JsonNode seen = JSON.readTree(result.output);
        List.of(
                        "RUN_STARTED",
                        "TEXT_MESSAGE_START",
                        "TEXT_MESSAGE_CONTENT",
                        "TEXT_MESSAGE_END",
                        "TOOL_CALL_START",
                        "TOOL_CALL_ARGS",
                        "TOOL_CALL_END",
                        "TOOL_CALL_RESULT",
                        "RUN_FINISHED",
                        "RUN_ERROR")
                .forEach(type -> assertTrue(seen.has(type), type));
    }

    private static Duration untilComment() {
        stage.when("think for long", Script.text("Well.").delay(Duration.ofSeconds(40)));
        try (OpenRequest request = OpenRequest.ask(stage.agent(), true, null, "think for long")) {
            request.awaitEvent("RUN_STARTED");
            long start = System.nanoTime();
            assertTrue(request.awaitComment(), "a comment comes first");
            return Duration.ofNanos(System.nanoTime() - start);
        }
    }

    @Test
    void should_send_a_comment_after_fifteen_seconds_of_silence() {
        Duration silence = quiet.join();
        System.out.println("A silent stream: a comment after " + silence.toMillis() + " ms");
        // And before the model's words, which come after 40 s: it came first.
        assertTrue(silence.toMillis() > 14_000, silence::toString);
    }

    @Test
    void should_find_an_invalid_event() throws Exception {
        List<JsonNode> events =
                new ArrayList<>(ask("valid", Script.text("An answer.")).events());
        assertEquals(0, validate(events).exit);
        events.set(1, JSON.readTree("{\"type\":\"TEXT_MESSAGE_START\",\"role\":\"assistant\"}"));
        Ran result = validate(events);
        assertEquals(1, result.exit, result.output);
        assertTrue(
                result.output.contains("messageId"),
                new String(result.output.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
    }
}
