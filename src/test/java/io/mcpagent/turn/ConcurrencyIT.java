package io.mcpagent.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.RealToolbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many turns at once: one conversation has one history, one budget is spent once, one request has one answer. */
class ConcurrencyIT {

    private static final int AT_ONCE = 100;
    private static final int TURNS = 200;
    private static final int ROUNDS = 3;
    /** What one turn of {@link #EXPENSIVE} uses, as the model says. */
    private static final int USED = 1_000;

    private static final String EXPENSIVE = "What does it cost?";

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

    private static List<String> messages(JsonNode conversation) {
        List<String> messages = new ArrayList<>();
        conversation
                .path("turns")
                .forEach(turn -> messages.add(turn.path("message").asText()));
        return messages;
    }

    private static Script.Reply after(CountDownLatch others, Script.Reply reply) {
        try {
            // Not longer than a model may be silent.
            others.await(15, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return reply;
    }

    /** What was asked while the store was too slow: whether that is in the history is not known. */
    private static final Set<String> UNSURE = ConcurrentHashMap.newKeySet();

    private static List<String> sure(List<String> messages) {
        return messages.stream().filter(message -> !UNSURE.contains(message)).toList();
    }

    /** Posts many at once, again and again, and gives the message that won each time. */
    private static List<String> race(List<AgentProcess> agents, String conversation, int rounds, int atOnce) {
        List<String> winners = new ArrayList<>();
        for (int round = 0; winners.size() < rounds; round++) {
            assertTrue(round < rounds + 20, "the store serves nobody");
            String prefix = "Round " + round + " of " + conversation + " post ";
            // The model answers when every other one has been refused, however long that takes.
            CountDownLatch others = new CountDownLatch(atOnce - 1);
            for (int i = 0; i < atOnce; i++) {
                Script.Reply reply = Script.text("Answer to " + i);
                stage.when(prefix + i, new Script.Obedient(request -> after(others, reply)));
            }
            List<Answer> answers = Together.run(atOnce, atOnce, i -> {
                Answer answer = Stage.askOf(
                        agents.get(i % agents.size()),
                        conversation,
                        prefix + i,
                        i % 2 == 0 ? "application/json" : "text/event-stream");
                others.countDown();
                return answer;
            });
            List<Integer> won = new ArrayList<>();
            for (int i = 0; i < atOnce; i++) {
                Answer answer = answers.get(i);
                if (answer.succeeded()) {
                    won.add(i);
                    assertEquals("Answer to " + i, answer.text());
                } else {
                    // A store that did not answer in time is no winner either.
                    assertTrue(
                            answer.problem().equals("conversation-busy")
                                    || agents.size() > 1 && answer.problem().equals("store-unavailable"),
                            answer::toString);
                    if (answer.problem().equals("store-unavailable")) {
                        UNSURE.add(prefix + i);
                    } else {
                        assertTrue(answer.headers().firstValue("retry-after").isPresent());
                    }
                }
            }
            if (won.isEmpty() && agents.size() > 1 && !UNSURE.isEmpty()) {
                continue;
            }
            assertEquals(1, won.size(), () -> "one wins: " + answers);
            winners.add(prefix + won.getFirst());
        }
        return winners;
    }

    @Test
    void should_let_one_of_many_posts_win_each_time_and_keep_the_history_linear() {
        String conversation = stage.conversation();
        List<String> expected = new ArrayList<>(List.of("Hello"));
        expected.addAll(race(List.of(stage.agent()), conversation, ROUNDS, AT_ONCE));
        assertEquals(expected, messages(stage.show(conversation)));
    }

    @Test
    void should_keep_the_history_linear_over_two_agents() {
        try (Dynamo dynamo = Dynamo.start();
                AgentProcess one = stage.startAnother(toolbox.url(), dynamo.settings());
                AgentProcess other = stage.startAnother(toolbox.url(), dynamo.settings())) {
            String conversation =
                    Stage.askOf(one, null, "Hello", "application/json").conversationId();
            List<String> expected = new ArrayList<>(List.of("Hello"));
            expected.addAll(race(List.of(one, other), conversation, 2, 12));
            assertEquals(
                    expected,
                    sure(messages(Answer.of(one.get("/chat/" + conversation)).body())));
            assertEquals(
                    expected,
                    sure(messages(Answer.of(other.get("/chat/" + conversation)).body())));
        }
    }

    @Test
    void should_never_spend_more_than_the_limit_of_the_day() {
        stage.when(
                EXPENSIVE,
                Script.text("A lot.")
                        .usage(new Script.Usage(USED - 100, 100, 0, 0))
                        .delay(Duration.ofMillis(300)));
        int limit = 50_000;
        // A reservation is what is sent, estimated, and the longest reply.
        try (AgentProcess agent = stage.startAnother(
                toolbox.url(),
                "AGENT_BUDGET_CALLER_DAY_TOKENS",
                Integer.toString(limit),
                "AGENT_MODEL_MAX_TOKENS",
                "1000")) {
            List<Answer> answers = new ArrayList<>();
            // The limit is reached in the second half, by many at once.
            for (int round = 0; round < 4; round++) {
                answers.addAll(Together.run(
                        TURNS / 4,
                        TURNS / 4,
                        i -> Stage.askOf(
                                agent, null, EXPENSIVE, i % 2 == 0 ? "application/json" : "text/event-stream")));
            }
            long done = answers.stream().filter(Answer::succeeded).count();
            int asked = stage.asked(EXPENSIVE).size();
            System.out.println("Budget of " + limit + " tokens, " + USED + " a turn: " + done + " of " + answers.size()
                    + " turns, " + asked + " model calls");
            assertEquals(TURNS, answers.size());
            assertTrue(done * USED <= limit, done + " turns of " + USED + " tokens");
            assertTrue(done * USED >= limit / 2, "reservations that ended must be free again: " + done);
            assertEquals(done, asked, "a refused turn asks no model");
            answers.stream().filter(answer -> !answer.succeeded()).forEach(ConcurrencyIT::assertOverBudget);
            assertTrue(done < TURNS);
        }
    }

    private static void assertOverBudget(Answer answer) {
        assertEquals("budget-exceeded", answer.problem(), answer::toString);
        if (answer.events().isEmpty()) {
            assertEquals(429, answer.status());
            long seconds =
                    Long.parseLong(answer.headers().firstValue("retry-after").orElseThrow());
            assertTrue(seconds > 0 && seconds <= 24 * 3600, answer::toString);
        }
    }

    @Test
    void should_answer_a_repeated_request_again_without_asking_the_model() {
        String question = "Once only";
        stage.when(question, Script.text("An answer."));
        Answer first = stage.ask(null, question, "Idempotency-Key", "once-only");
        Answer again = stage.ask(null, question, "Idempotency-Key", "once-only");
        Answer streamed = stage.askStreaming(null, question, "Idempotency-Key", "once-only");
        assertTrue(first.succeeded(), first::toString);
        assertEquals(first.body(), again.body());
        assertEquals(first.body(), streamed.reply());
        assertEquals("An answer.", streamed.streamedText());
        assertEquals(1, stage.asked(question).size());
        assertEquals(1, stage.show(first.conversationId()).path("turns").size());
        Answer other = stage.ask(null, "Something else", "Idempotency-Key", "once-only");
        assertEquals(422, other.status());
        assertEquals("idempotency-key-reused", other.problem());
        assertEquals(
                422,
                stage.askStreaming(first.conversationId(), question, "Idempotency-Key", "once-only")
                        .status());
    }

    @Test
    void should_carry_out_parallel_twins_of_a_request_once() {
        String question = "Twins";
        stage.when(question, Script.text("One answer.").delay(Duration.ofSeconds(1)));
        List<Answer> answers =
                Together.run(30, 30, i -> stage.ask(i % 2 == 0, null, question, "Idempotency-Key", "twins"));
        Set<String> conversations = new HashSet<>();
        answers.forEach(answer -> {
            if (answer.succeeded()) {
                conversations.add(answer.conversationId());
            } else {
                assertEquals(409, answer.status(), answer::toString);
                assertEquals("request-running", answer.problem());
            }
        });
        assertEquals(1, conversations.size());
        assertEquals(1, stage.asked(question).size());
    }

    @Test
    void should_carry_out_a_request_again_whose_first_try_failed() {
        String question = "Second try";
        stage.when(question, Script.error("ValidationException", "scripted"));
        assertEquals(
                "model-refused",
                stage.ask(null, question, "Idempotency-Key", "second-try").problem());
        stage.when(question, Script.text("Now it works."));
        Answer second = stage.ask(null, question, "Idempotency-Key", "second-try");
        assertEquals("Now it works.", second.text(), second::toString);
        assertEquals(
                second.body(),
                stage.ask(null, question, "Idempotency-Key", "second-try").body());
    }

    @Test
    void should_carry_out_a_request_again_whose_client_left() {
        String question = "Left and came back";
        String conversation = stage.conversation();
        stage.when(question, Script.text("Never.").delay(Duration.ofMinutes(1)));
        try (OpenRequest request = OpenRequest.ask(stage.agent(), true, conversation, question)) {
            assertFalse(request.awaitEvent("RUN_STARTED").isMissingNode());
            Await.until("the model to be asked", () -> !stage.asked(question).isEmpty());
        }
        Await.until("the run to end", () -> stage.bedrock().openRequests() == 0);
        stage.when(question, Script.text("Welcome back."));
        Await.until(
                "the conversation to be free",
                () -> stage.ask(conversation, question).text().equals("Welcome back."));
    }
}
