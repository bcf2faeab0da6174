package io.mcpagent.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.SampleShop;
import io.mcpagent.support.TcpProxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Whatever becomes of the toolbox, every question is answered, and the answer says what it was made without. */
@Tag("long")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ToolboxFaultsIT {

    private static final Duration DOWN = Duration.ofSeconds(20);
    private static final int PER_SECOND = 10;
    /** A probe asks each second, and a machine that does much else needs its time for the answer. */
    private static final Duration BACK = Duration.ofSeconds(30);

    private static final String QUESTION = "Who is customer 1?";
    private static final Executor THREADS = Thread::startVirtualThread;

    private static RealToolbox toolbox;
    private static TcpProxy proxy;
    private static Stage stage;
    private static RealToolbox absent;
    private static AgentProcess alone;
    /** Takes its time, so it runs beside the other tests, with a toolbox and an agent of its own. */
    private static CompletableFuture<Outage> outage;

    /** What was answered while a toolbox was down, what {@code /health} said meanwhile, and how long the tools took to be back. */
    private record Outage(List<Answer> answers, List<Integer> healths, Duration back) {}

    @BeforeAll
    static void start() {
        toolbox = RealToolbox.overSampleShop();
        proxy = TcpProxy.to(toolbox.port());
        stage = Stage.with(URI.create("http://127.0.0.1:" + proxy.port() + "/mcp"), settings());
        askForCustomer(QUESTION, 1);
        absent = RealToolbox.overSampleShop();
        alone = stage.startAnother(absent.url(), settings());
        outage = CompletableFuture.supplyAsync(ToolboxFaultsIT::outage, THREADS);
    }

    private static String[] settings() {
        return new String[] {
            "AGENT_TOOLS_CALL_TIMEOUT",
            "2s",
            "AGENT_TOOLS_LIST_TIMEOUT",
            "1s",
            "AGENT_TOOLS_CONNECT_TIMEOUT",
            "1s",
            "AGENT_TOOLS_BREAKER_DELAY",
            "1s",
            "AGENT_TOOLS_MAX_RESULT_SIZE",
            "2K"
        };
    }

    @AfterAll
    static void stop() {
        alone.close();
        absent.close();
        stage.close();
        proxy.close();
        toolbox.close();
    }

    @AfterEach
    void tools_are_back() {
        proxy.pass();
        toolbox.resume();
        awaitTools(stage.agent());
    }

    /** The model asks for the tool if it is offered, and repeats what it heard. */
    private static void askForCustomer(String question, int id) {
        Script call = Script.call("get_customer", Answer.JSON.createObjectNode().put("customer_id", id));
        stage.when(
                question,
                new Script.Obedient(request -> request.tools().isEmpty()
                        ? Script.text("I have no tools.")
                        : Script.Rounds.of(call, new Script.EchoResults())));
    }

    private static Answer ask(AgentProcess agent, String question, int i) {
        return Stage.askOf(agent, null, question, i % 2 == 0 ? "application/json" : "text/event-stream");
    }

    private static String firstOutcome(Answer answer) {
        return answer.reply().path("toolCalls").path(0).path("outcome").asText();
    }

    private static boolean saysUnavailable(Answer answer) {
        return answer.reply().path("notices").toString().contains("tools are unavailable");
    }

    private static void awaitTools(AgentProcess agent) {
        Await.until(
                "the tools to be back",
                () -> firstOutcome(ask(agent, QUESTION, 0)).equals("ok"));
    }

    private static int health(AgentProcess agent) {
        return agent.get("/health").statusCode();
    }

    /** Asks at an even pace for a while, whatever the answers take. */
    private static List<Answer> askFor(Duration time, AgentProcess agent) {
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < time.toSeconds() * PER_SECOND; i++) {
            int n = i;
            answers.add(CompletableFuture.supplyAsync(() -> ask(agent, QUESTION, n), THREADS));
            LockSupport.parkNanos(start + (i + 1) * 1_000_000_000L / PER_SECOND - System.nanoTime());
        }
        return answers.stream().map(CompletableFuture::join).toList();
    }

    private static String check(List<Answer> answers) {
        long called = answers.stream()
                .filter(answer -> firstOutcome(answer).equals("ok"))
                .count();
        long said = answers.stream().filter(ToolboxFaultsIT::saysUnavailable).count();
        answers.forEach(answer -> {
            assertTrue(answer.succeeded(), answer::toString);
            String outcome = firstOutcome(answer);
            // Without a result there must be a word about it, of the notice or of the call itself.
            assertTrue(
                    outcome.equals("ok")
                            || outcome.equals("unavailable")
                            || outcome.equals("timeout")
                            || saysUnavailable(answer),
                    answer::toString);
        });
        return answers.size() + " answers, " + called + " with the tool, " + said
                + " that say the tools are unavailable";
    }

    private static Outage outage() {
        absent.kill();
        CompletableFuture<List<Integer>> healths = CompletableFuture.supplyAsync(
                () -> {
                    List<Integer> statuses = new ArrayList<>();
                    long end = System.nanoTime() + DOWN.toNanos();
                    while (System.nanoTime() < end) {
                        statuses.add(health(alone));
                        LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
                    }
                    return statuses;
                },
                THREADS);
        List<Answer> answers = askFor(DOWN, alone);
        absent.restart();
        long back = System.nanoTime();
        awaitTools(alone);
        return new Outage(answers, healths.join(), Duration.ofNanos(System.nanoTime() - back));
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void should_answer_every_question_while_the_toolbox_is_down_and_find_it_again() {
        Outage seen = outage.join();
        List<Answer> answers = seen.answers();
        System.out.println("Toolbox down " + DOWN.toSeconds() + " s: " + check(answers));
        assertEquals(DOWN.toSeconds() * PER_SECOND, answers.size());
        // All but those of the first seconds, until the first call has failed.
        long unavailable =
                answers.stream().filter(ToolboxFaultsIT::saysUnavailable).count();
        assertTrue(unavailable >= answers.size() * 7 / 10, unavailable + " of " + answers.size());
        assertTrue(seen.healths().stream().allMatch(status -> status == 200), seen.healths()::toString);
        assertTrue(seen.healths().size() > 20);
        System.out.println("Tools back " + seen.back().toMillis() + " ms after the toolbox");
        assertTrue(seen.back().compareTo(BACK) <= 0, seen.back()::toString);
    }

    @Test
    void should_succeed_with_the_first_call_after_a_restart() {
        awaitTools(stage.agent());
        toolbox.restart();
        Answer answer = ask(stage.agent(), QUESTION, 0);
        assertEquals("ok", firstOutcome(answer), answer::toString);
    }

    @Test
    void should_not_hang_with_a_toolbox_that_hangs() {
        toolbox.pause();
        Times times = new Times();
        List<Answer> answers = Together.run(40, 10, i -> {
            long start = System.nanoTime();
            Answer answer = ask(stage.agent(), QUESTION, i);
            times.add(System.nanoTime() - start);
            return answer;
        });
        System.out.println("Toolbox hangs: " + check(answers) + "; " + times);
        assertTrue(times.at(1).compareTo(BACK) < 0, times::toString);
        assertEquals(200, health(stage.agent()));
        toolbox.resume();
        long back = System.nanoTime();
        awaitTools(stage.agent());
        assertTrue(Duration.ofNanos(System.nanoTime() - back).compareTo(BACK) <= 0);
    }

    @Test
    void should_wait_for_a_slow_toolbox_within_the_time_of_a_call() {
        proxy.delayRequests(Duration.ofMillis(300));
        Answer slow = ask(stage.agent(), QUESTION, 0);
        assertEquals("ok", firstOutcome(slow), slow::toString);
        assertTrue(slow.body().path("toolCalls").path(0).path("durationMs").asInt() >= 300);
    }

    @Test
    void should_lose_nothing_when_one_of_two_toolboxes_is_killed() {
        List<Path> config = List.of(Project.toolboxConfig("tools.sqlite.yaml"));
        try (RealToolbox one = RealToolbox.start(config, SampleShop.environment());
                RealToolbox two = RealToolbox.start(config, SampleShop.environment());
                RoundRobin balancer = RoundRobin.over(one.port(), two.port());
                AgentProcess agent = stage.startAnother(balancer.url())) {
            awaitTools(agent);
            CompletableFuture<List<Answer>> asking =
                    CompletableFuture.supplyAsync(() -> askFor(Duration.ofSeconds(10), agent), THREADS);
            // The balancer finds out later, as its health checks do.
            LockSupport.parkNanos(Duration.ofMillis(1_500).toNanos());
            two.kill();
            LockSupport.parkNanos(Duration.ofMillis(2_000).toNanos());
            balancer.remove(two.port());
            long removed = System.nanoTime();
            awaitTools(agent);
            assertTrue(Duration.ofNanos(System.nanoTime() - removed).compareTo(BACK) <= 0);
            List<Answer> answers = asking.join();
            System.out.println("One of two toolboxes killed: " + check(answers));
            long without = answers.stream()
                    .filter(answer -> !firstOutcome(answer).equals("ok"))
                    .count();
            assertTrue(without <= answers.size() / 100, without + " of " + answers.size() + " without the tool");
        }
    }

    @Test
    void should_use_a_toolbox_by_the_legacy_transport_and_find_it_again() {
        List<Path> config = List.of(Project.toolboxConfig("tools.sqlite.yaml"));
        try (RealToolbox legacy = RealToolbox.start(config, SampleShop.environment());
                AgentProcess agent = stage.startAnother(legacy.sseUrl(), settings())) {
            List<Answer> answers = Together.run(20, 10, i -> ask(agent, QUESTION, i));
            answers.forEach(answer -> assertEquals("ok", firstOutcome(answer), answer::toString));
            legacy.restart();
            long back = System.nanoTime();
            awaitTools(agent);
            Duration took = Duration.ofNanos(System.nanoTime() - back);
            System.out.println("Legacy transport back " + took.toMillis() + " ms after a restart");
            assertTrue(took.compareTo(BACK) <= 0, took::toString);
        }
    }

    @Test
    void should_cap_a_large_result_and_say_so() {
        ObjectNode all = Answer.JSON.createObjectNode().put("limit", 100);
        stage.when(
                "Everything",
                Script.Rounds.of(Script.call("search_products", all.put("query", "")), new Script.EchoResults()));
        Answer answer = stage.ask(null, "Everything");
        assertTrue(answer.succeeded(), answer::toString);
        String heard = stage.asked("Everything")
                .getLast()
                .body()
                .path("messages")
                .path(2)
                .path("content")
                .path(0)
                .toString();
        assertTrue(heard.contains("shown; ask for fewer"), heard);
        assertTrue(heard.length() < 4_000, heard.length() + " characters");
    }

    @Test
    void should_tell_the_model_of_errors_and_of_tools_that_do_not_exist() {
        stage.when(
                "Unknown tool",
                Script.Rounds.of(Script.call("drop_tables", Answer.JSON.createObjectNode()), new Script.EchoResults()));
        Answer unknown = stage.askStreaming(null, "Unknown tool");
        assertEquals("unknown_tool", firstOutcome(unknown), unknown::toString);
        assertTrue(unknown.text().contains("There is no tool named drop_tables"));

        stage.when(
                "Wrong argument",
                Script.Rounds.of(
                        Script.call(
                                "get_customer", Answer.JSON.createObjectNode().put("customer_id", "one")),
                        new Script.EchoResults()));
        Answer wrong = stage.ask(null, "Wrong argument");
        assertEquals("error", firstOutcome(wrong), wrong::toString);
        JsonNode result = stage.asked("Wrong argument")
                .getLast()
                .body()
                .path("messages")
                .path(2)
                .path("content")
                .path(0)
                .path("toolResult");
        assertEquals("error", result.path("status").asText());
        assertFalse(result.path("content").path(0).path("text").asText().isBlank());
    }
}
