package io.mcpagent.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.TcpProxy;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What is left when an agent is killed at any step of an approved write: it happened once or not at all, the conversation can go on, and says
 * that the outcome is unknown where it is.
 */
@Tag("long")
class KilledAgentIT {

    private static final int KILLS = 5;
    private static final int EACH = 40;
    /** Allowed writes that a kill hits, of the products behind those of the approved ones. */
    private static final int ALLOWED = 6;
    /** A product's stock counts in base 100, a digit for each kill. */
    private static final long BASE = 100;

    private static final String DEADLINE = "10s";
    private static final Duration LEASE = Duration.ofSeconds(20);

    private static Dynamo dynamo;
    private static Writes shop;
    private static TcpProxy toShop;
    private static Stage stage;

    @BeforeAll
    static void start() {
        dynamo = Dynamo.start();
        shop = Writes.start();
        toShop = TcpProxy.to(shop.toolbox().port());
        stage = Stage.with(tools(), dynamo.settings("AGENT_TURN_DEADLINE", DEADLINE));
    }

    @AfterAll
    static void stop() {
        stage.close();
        toShop.close();
        shop.close();
        dynamo.close();
    }

    private static URI tools() {
        return URI.create("http://127.0.0.1:" + toShop.port() + "/mcp");
    }

    private static AgentProcess another() {
        return stage.startAnother(tools(), dynamo.settings("AGENT_TURN_DEADLINE", DEADLINE));
    }

    private static long quantity(int kill) {
        return Math.round(Math.pow(BASE, kill));
    }

    private static String call(int kill, int i) {
        return "call-" + kill + "-" + i;
    }

    /** The agent's id of the one call in a conversation. */
    private static final Map<String, String> IDS = new ConcurrentHashMap<>();

    private static Answer remember(Answer asked) {
        IDS.put(asked.conversationId(), asked.body().at("/approvals/0/callId").asText());
        return asked;
    }

    /** Makes a step of the write slow, another one for each kill, so that the kill finds many of them in it. */
    private static void slowDown(int kill) {
        toShop.pass();
        dynamo.proxy().pass();
        switch (kill) {
            case 0 -> toShop.delayRequests(Duration.ofMillis(150));
            case 1 -> toShop.limitResponses(1_500);
            case 2 -> dynamo.proxy().delayRequests(Duration.ofMillis(60));
            case 3 -> dynamo.proxy().limitResponses(20_000);
            default -> {
                toShop.delayRequests(Duration.ofMillis(40));
                dynamo.proxy().delayRequests(Duration.ofMillis(20));
            }
        }
    }

    private static List<String> askForWrites(AgentProcess agent, int kill) {
        return Together.run(EACH, 8, i -> {
            String question = "Add by " + call(kill, i);
            stage.when(
                    question,
                    Script.Rounds.of(
                            Script.calls(Writes.add(call(kill, i), i + 1, quantity(kill))),
                            Script.text("It was added.")));
            Answer[] asked = new Answer[1];
            // A store that was slow for once answers 503, and the next try is a new conversation.
            Await.until("the call to wait for approval", () -> {
                asked[0] = Stage.askOf(agent, null, question, "application/json");
                return asked[0].outcome().equals("approval_required");
            });
            remember(asked[0]);
            return asked[0].conversationId();
        });
    }

    /** Approves all at about the same time, and kills the agent when some have their result. */
    private static void approveAndKill(AgentProcess agent, int kill, List<String> conversations) {
        AtomicInteger results = new AtomicInteger();
        AtomicBoolean killed = new AtomicBoolean();
        int enough = new Random(kill).nextInt(5, EACH / 2);
        Thread killer = Thread.ofVirtual().start(() -> {
            try {
                Await.until(enough + " results", () -> results.get() >= enough);
            } finally {
                killed.set(true);
                agent.kill();
            }
        });
        Together.run(EACH, EACH, i -> {
            LockSupport.parkNanos(new Random(kill * 1000L + i).nextInt(1, 500_000_000));
            // Whoever gets no answer tries again: that must not make a second write either.
            for (int attempt = 0;
                    attempt < 3
                            && !killed.get()
                            && !approved(agent, conversations.get(i), IDS.get(conversations.get(i)), results);
                    attempt++) {
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
            return null;
        });
        try {
            assertTrue(killer.join(Duration.ofSeconds(180)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean approved(AgentProcess agent, String conversation, String call, AtomicInteger results) {
        try (OpenRequest request = OpenRequest.approve(agent, conversation, call)) {
            if (request.awaitEvent("TOOL_CALL_RESULT").path("type").asText().equals("TOOL_CALL_RESULT")) {
                results.incrementAndGet();
                request.awaitEvent("RUN_FINISHED");
                return true;
            }
            return false;
        } catch (UncheckedIOException | AssertionError killedOrRefused) {
            return false;
        }
    }

    /** What the conversation says of its call once it can be used again. */
    private static String outcome(AgentProcess agent, String conversation) {
        Answer[] next = new Answer[1];
        Await.until("the conversation to be usable", LEASE.plusSeconds(60), () -> {
            next[0] = Stage.askOf(agent, conversation, "What became of it?", "application/json");
            if (next[0].problem().equals("approval-pending")) {
                return true;
            }
            return next[0].succeeded();
        });
        String before = "";
        if (next[0].problem().equals("approval-pending")) {
            before = "waiting, then ";
            Answer approved = Answer.of(agent.post(
                    "/chat/" + conversation + "/approvals/" + IDS.get(conversation),
                    "{\"approve\":true}",
                    "Accept",
                    "application/json"));
            assertTrue(approved.succeeded() || approved.status() == 503, approved::toString);
        }
        JsonNode turns = Answer.of(agent.get("/chat/" + conversation)).body().path("turns");
        JsonNode calls = turns.path(0).path("toolCalls");
        assertEquals(1, calls.size(), turns::toString);
        assertEquals(IDS.get(conversation), calls.path(0).path("id").asText());
        return before + calls.path(0).path("outcome").asText();
    }

    @Test
    void should_have_made_an_approved_write_at_most_once_wherever_the_kill_hit_it() {
        long[] before = new long[EACH];
        for (int i = 0; i < EACH; i++) {
            before[i] = shop.stock(i + 1);
        }
        String[][] conversations = new String[KILLS][];
        AgentProcess agent = stage.agent();
        for (int kill = 0; kill < KILLS; kill++) {
            CompletableFuture<AgentProcess> next = CompletableFuture.supplyAsync(KilledAgentIT::another);
            List<String> asked = askForWrites(agent, kill);
            conversations[kill] = asked.toArray(String[]::new);
            slowDown(kill);
            approveAndKill(agent, kill, asked);
            agent = next.join();
        }
        toShop.pass();
        dynamo.proxy().pass();
        try (AgentProcess last = agent) {
            assertOutcomes(last, conversations, before);
        }
    }

    /** Each client has sent its question under a key, and sends it again until it is answered: by whatever agent is there. */
    @Test
    void should_have_made_an_allowed_write_at_most_once_though_every_request_is_sent_again() {
        int first = 42;
        long[] before = new long[ALLOWED];
        for (int i = 0; i < ALLOWED; i++) {
            before[i] = shop.stock(first + i);
            stage.when(
                    "Add at once " + i,
                    Script.Rounds.of(
                            Script.calls(Writes.add("allowed-" + i, first + i, 1)),
                            Script.text("It was added.").delay(Duration.ofMillis(i * 150))));
        }
        String[] settings = dynamo.settings("AGENT_TURN_DEADLINE", DEADLINE, "AGENT_TOOLS_ALLOW", "add_stock");
        AgentProcess killed = stage.startAnother(tools(), settings);
        toShop.delayRequests(Duration.ofMillis(400));
        int connections = toShop.totalConnections();
        CompletableFuture<?> asking = CompletableFuture.runAsync(
                () -> Together.run(ALLOWED, ALLOWED, i -> sent(killed, i)), Thread::startVirtualThread);
        Await.until("writes to be under way", () -> toShop.totalConnections() >= connections + ALLOWED / 2);
        killed.kill();
        asking.join();
        toShop.pass();
        try (AgentProcess next = stage.startAnother(tools(), settings)) {
            Answer[] answers = new Answer[ALLOWED];
            for (int i = 0; i < ALLOWED; i++) {
                int question = i;
                Await.until("an answer to " + i, LEASE.plusSeconds(60), () -> {
                    answers[question] = sent(next, question);
                    return answers[question] != null && answers[question].succeeded();
                });
            }
            Map<String, Integer> seen = new TreeMap<>();
            for (int i = 0; i < ALLOWED; i++) {
                long made = shop.stock(first + i) - before[i];
                String outcome = answers[i].body().at("/toolCalls/0/outcome").asText();
                seen.merge(outcome + ": " + made, 1, Integer::sum);
                assertTrue(made <= 1, answers[i]::toString);
                assertTrue(
                        List.of("ok: 1", "outcome_unknown: 0", "outcome_unknown: 1")
                                .contains(outcome + ": " + made),
                        answers[i]::toString);
            }
            System.out.println("A killed agent, what keys answer and how often the write was made: " + seen);
            assertTrue(
                    seen.keySet().stream().anyMatch(outcome -> outcome.startsWith("outcome_unknown")), seen::toString);
        }
    }

    private static Answer sent(AgentProcess agent, int i) {
        try {
            return Answer.of(agent.post(
                    "/chat",
                    Stage.body(null, "Add at once " + i),
                    "Idempotency-Key",
                    "at-once-" + i,
                    "Accept",
                    "application/json"));
        } catch (UncheckedIOException gone) {
            return null;
        }
    }

    @Test
    void should_not_say_that_nothing_happened_when_the_result_of_a_write_can_not_be_stored() {
        int product = EACH + 1;
        long before = shop.stock(product);
        stage.when(
                "Add and forget",
                Script.Rounds.of(Script.calls(Writes.add("forgotten", product, 1)), Script.text("It was added.")));
        try (AgentProcess agent = stage.startAnother(tools(), dynamo.settings("AGENT_TURN_DEADLINE", "4s"))) {
            String conversation = remember(Stage.askOf(agent, null, "Add and forget", "application/json"))
                    .conversationId();
            toShop.delayRequests(Duration.ofMillis(1_500));
            int connections = toShop.totalConnections();
            CompletableFuture<Answer> approving = CompletableFuture.supplyAsync(
                    () -> Answer.of(agent.post(
                            "/chat/" + conversation + "/approvals/" + IDS.get(conversation),
                            "{\"approve\":true}",
                            "Accept",
                            "application/json")),
                    Thread::startVirtualThread);
            Await.until("the write to be under way", () -> toShop.totalConnections() > connections);
            dynamo.proxy().hang();
            Answer answer = approving.join();
            toShop.pass();
            dynamo.proxy().pass();
            assertEquals(503, answer.status(), answer::toString);
            assertEquals(before + 1, shop.stock(product));
            assertTrue(answer.body().path("detail").asText().contains("was called"), answer::toString);
            assertEquals("outcome_unknown", outcome(agent, conversation));
            assertEquals(before + 1, shop.stock(product));
        } finally {
            toShop.pass();
            dynamo.proxy().pass();
        }
    }

    @Test
    void should_not_say_that_nothing_happened_when_a_turn_that_ended_can_not_be_stored() {
        stage.when("Answer late", Script.text("An answer.").delay(Duration.ofMillis(1_500)));
        try (AgentProcess agent = stage.startAnother(tools(), dynamo.settings("AGENT_TURN_DEADLINE", "6s"))) {
            String conversation =
                    Stage.askOf(agent, null, "Hello", "application/json").conversationId();
            JsonNode before = Answer.of(agent.get("/chat/" + conversation)).body();
            CompletableFuture<Answer> asking = CompletableFuture.supplyAsync(
                    () -> Stage.askOf(agent, conversation, "Answer late", "application/json"),
                    Thread::startVirtualThread);
            Await.until(
                    "the model to be asked", () -> !stage.asked("Answer late").isEmpty());
            dynamo.proxy().hang();
            Answer answer = asking.join();
            dynamo.proxy().pass();
            assertEquals(503, answer.status(), answer::toString);
            assertEquals("store-unavailable", answer.problem());
            String detail = answer.body().path("detail").asText();
            assertTrue(detail.contains("may not have been stored"), detail);
            assertTrue(
                    answer.headers().firstValue("retry-after").isEmpty(),
                    "to ask again without a look at the conversation is no good advice");
            assertEquals(before, Answer.of(agent.get("/chat/" + conversation)).body());
        } finally {
            dynamo.proxy().pass();
        }
    }

    private static void assertOutcomes(AgentProcess agent, String[][] conversations, long[] before) {
        List<String> outcomes = Together.run(KILLS * EACH, 20, n -> outcome(agent, conversations[n / EACH][n % EACH]));
        Map<String, Integer> seen = new TreeMap<>();
        for (int n = 0; n < KILLS * EACH; n++) {
            int kill = n / EACH;
            int i = n % EACH;
            long executed = (shop.stock(i + 1) - before[i]) / quantity(kill) % BASE;
            String outcome = outcomes.get(n);
            seen.merge(outcome + ": " + executed, 1, Integer::sum);
            assertTrue(executed <= 1, () -> call(kill, i) + " was executed " + executed + " times: " + outcome);
            if (outcome.endsWith("ok")) {
                assertEquals(1, executed, () -> call(kill, i) + " " + outcome);
            } else if (!outcome.equals("outcome_unknown")) {
                // Whatever else it says means that the tool was not called, such as unavailable or no time left.
                assertEquals(0, executed, () -> call(kill, i) + " " + outcome);
            }
        }
        System.out.println("Killed agents, what conversations say and how often the write was made: " + seen);
        assertTrue(
                seen.keySet().stream().anyMatch(outcome -> outcome.startsWith("outcome_unknown")),
                "no kill hit a running write");
        assertTrue(seen.getOrDefault("ok: 1", 0) > EACH / 2, "hardly any write was made");
    }
}
