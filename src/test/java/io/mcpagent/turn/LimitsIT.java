package io.mcpagent.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.PostgresServer;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.TestTools;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Turns that would go on for ever, tools that run side by side, and the end of the process. */
class LimitsIT {

    private static final int STREAMS = 200;
    private static final int DOCUMENTS = 40;

    private static RealToolbox toolbox;
    private static Stage stage;

    @BeforeAll
    static void start() {
        toolbox = RealToolbox.overSampleShop();
        stage = Stage.with(toolbox.url());
    }

    @AfterAll
    static void stop() {
        stage.close();
        toolbox.close();
    }

    @Test
    void should_stop_a_model_that_asks_for_tools_for_ever() {
        stage.when(
                "Go on for ever",
                new Script.EndlessTool(
                        "get_customer", Answer.JSON.createObjectNode().put("customer_id", 1)));
        for (boolean streaming : new boolean[] {true, false}) {
            String conversation = stage.conversation();
            int before = stage.asked("Go on for ever").size();
            Answer answer = stage.ask(streaming, conversation, "Go on for ever");
            assertEquals("step_limit", answer.outcome(), answer::toString);
            assertEquals(10, stage.asked("Go on for ever").size() - before);
            assertEquals(10, answer.reply().path("receipt").path("modelCalls").asInt());
            assertTrue(answer.text().contains("stopped after 10 steps"), answer::toString);
            if (streaming) {
                assertTrue(answer.streamedText().contains("stopped after 10 steps"));
            }
            assertTrue(stage.ask(conversation, "And now?").succeeded(), "the history is one that the service takes");
        }
    }

    @Test
    void should_show_in_the_receipt_what_the_prompt_cache_saved() {
        stage.when(
                "Cached",
                Script.Rounds.of(
                        Script.call(
                                        "get_customer",
                                        Answer.JSON.createObjectNode().put("customer_id", 1))
                                .usage(new Script.Usage(5, 10, 0, 900)),
                        Script.text("Done.").usage(new Script.Usage(7, 20, 900, 40))));
        for (boolean streaming : new boolean[] {false, true}) {
            Answer answer = stage.ask(streaming, null, "Cached");
            JsonNode receipt = answer.reply().path("receipt");
            assertEquals(12, receipt.path("inputTokens").asInt(), answer::toString);
            assertEquals(30, receipt.path("outputTokens").asInt());
            assertEquals(900, receipt.path("cacheReadTokens").asInt());
            assertEquals(940, receipt.path("cacheWriteTokens").asInt());
            assertEquals(2, receipt.path("modelCalls").asInt());
            assertEquals(1, receipt.path("toolCalls").asInt());
        }
    }

    @Test
    void should_run_tools_that_only_read_side_by_side() {
        Assumptions.assumeTrue(PostgresServer.available(), "PostgreSQL is not installed");
        try (PostgresServer postgres = PostgresServer.start().withoutStatementTimeout();
                RealToolbox slow = RealToolbox.start(List.of(TestTools.slow()), postgres.toolboxEnvironment());
                AgentProcess agent = stage.startAnother(slow.url(), "AGENT_TOOLS_CALL_TIMEOUT", "60s")) {
            stage.when(
                    "Use three tools",
                    Script.Rounds.of(Script.calls(slow(4, "x"), slow(4, "y"), slow(4, "z")), Script.text("Done.")));
            try (OpenRequest request = OpenRequest.ask(agent, true, null, "Use three tools")) {
                // One after the other there would never be more than one of them.
                Await.until("three statements at once", () -> postgres.running("pg_sleep") == 3);
                for (int call = 0; call < 3; call++) {
                    assertEquals(
                            "ok",
                            request.awaitEvent("TOOL_CALL_RESULT")
                                    .path("metadata")
                                    .path("outcome")
                                    .asText());
                }
                assertEquals(
                        "RUN_FINISHED",
                        request.awaitEvent("RUN_FINISHED").path("type").asText());
            }
        }
    }

    private static Script.Block.ToolUse slow(double seconds, String id) {
        ObjectNode input = Answer.JSON.createObjectNode().put("seconds", seconds);
        return new Script.Block.ToolUse(id, "slow", input);
    }

    @Test
    void should_end_every_open_turn_before_the_process_ends() {
        String text = String.join(" ", Collections.nCopies(50, "word"));
        // No turn ends before all have begun and the process was told to end.
        CountDownLatch told = new CountDownLatch(1);
        Script.Reply reply = Script.text(text).frameDelay(Duration.ofMillis(50));
        for (String question : List.of("Talk for a while", "Think for a while")) {
            stage.when(question, new Script.Obedient(request -> after(told, reply)));
        }
        Executor threads = Thread::startVirtualThread;
        try (AgentProcess agent = stage.startAnother(toolbox.url(), "AGENT_MODEL_IDLE_TIMEOUT", "90s")) {
            List<CompletableFuture<Answer>> answers = IntStream.range(0, STREAMS + DOCUMENTS)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> i < STREAMS
                                    ? Stage.askOf(agent, null, "Talk for a while", "text/event-stream")
                                    : Stage.askOf(agent, null, "Think for a while", "application/json"),
                            threads))
                    .toList();
            Await.until("all turns to be with the model", () -> stage.bedrock().openRequests() >= STREAMS + DOCUMENTS);
            long start = System.nanoTime();
            agent.terminate();
            Await.until("new turns to be refused", () -> {
                Answer refused = Stage.askOf(agent, null, "One more", "application/json");
                return refused.status() == 503
                        && refused.problem().equals("shutting-down")
                        && refused.headers().firstValue("retry-after").isPresent();
            });
            assertEquals(
                    503,
                    Stage.askOf(agent, null, "One more", "text/event-stream").status());
            told.countDown();
            List<String> ends =
                    answers.stream().map(answer -> end(answer, text)).toList();
            int exit = agent.awaitExit(Duration.ofSeconds(110));
            System.out.println("SIGTERM with " + ends.size() + " open turns: " + (System.nanoTime() - start) / 1_000_000
                    + " ms to the end");
            assertEquals(List.of(), ends.stream().filter(end -> !end.isEmpty()).toList());
            assertEquals(0, exit);
        }
    }

    @Test
    void should_let_a_client_that_reads_slowly_have_its_whole_answer_before_the_process_ends() {
        String text = ("x".repeat(9_999) + " ").repeat(800);
        stage.when("Say a lot", Script.text(text).delay(Duration.ofSeconds(1)));
        for (boolean streaming : new boolean[] {false, true}) {
            try (AgentProcess agent = stage.startAnother(toolbox.url(), "QUARKUS_SHUTDOWN_TIMEOUT", "10s");
                    OpenRequest client = OpenRequest.ask(agent, streaming, null, "Say a lot")) {
                Await.until("the model to be asked", () -> stage.bedrock().openRequests() == 1);
                agent.terminate();
                if (!streaming) {
                    Await.until(
                            "the model to have answered", () -> stage.bedrock().openRequests() == 0);
                }
                // Half a second in which nothing is read: longer than the end of the process takes when nobody waits
                // for this client.
                LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
                long read = client.readSlowlyToEnd();
                assertTrue(
                        read > text.length(),
                        (streaming ? "of the stream" : "of the document") + " came only " + read + " characters");
                assertEquals(0, agent.awaitExit(Duration.ofSeconds(110)));
            }
        }
    }

    private static Script.Reply after(CountDownLatch told, Script.Reply reply) {
        try {
            told.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return reply;
    }

    /** What is wrong with an answer; empty if nothing is. */
    private static String end(CompletableFuture<Answer> future, String text) {
        try {
            Answer answer = future.join();
            boolean whole = answer.text().equals(text)
                    && (answer.events().isEmpty() || answer.streamedText().equals(text));
            return answer.succeeded() && whole
                    ? ""
                    : answer.status() + " " + answer.problem() + " after "
                            + answer.events().size() + " events";
        } catch (RuntimeException e) {
            return String.valueOf(e.getCause());
        }
    }
}
