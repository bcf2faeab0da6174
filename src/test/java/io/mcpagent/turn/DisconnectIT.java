package io.mcpagent.turn;

import static io.mcpagent.turn.DisconnectStage.AT_ONCE;
import static io.mcpagent.turn.DisconnectStage.BOUND;
import static io.mcpagent.turn.DisconnectStage.EACH;
import static io.mcpagent.turn.DisconnectStage.SOON;
import static io.mcpagent.turn.DisconnectStage.dawdle;
import static io.mcpagent.turn.DisconnectStage.untilClosed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.RecordedRequest;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Whoever leaves stops everything that was done for them, and nothing else. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DisconnectIT {

    private static final DisconnectStage SERVERS = new DisconnectStage();
    private static Stage stage;

    @BeforeAll
    static void start() {
        stage = SERVERS.start();
    }

    @AfterAll
    static void stop() {
        SERVERS.close();
    }

    @AfterEach
    void nothing_is_left_and_all_is_as_before() {
        SERVERS.assertNothingIsLeftAndAllIsAsBefore();
    }

    private static void check(String what, int count, Times times) {
        System.out.println("Disconnects " + what + ": " + times);
        assertEquals(count, times.count());
        assertTrue(times.at(0.99).compareTo(SOON) <= 0, times::toString);
    }

    @Test
    @Order(1)
    void should_close_the_models_request_when_the_client_leaves_before_the_first_token() {
        Script.Reply silent = Script.text("Nobody will read this.");
        leaveWhileTheModelIsAsked(
                "before the first token",
                50,
                i -> i % 2 == 0,
                i -> i % 3 == 0 ? silent.delay(Duration.ofMinutes(2)) : silent.fault(new Fault.StallAt(0, null)),
                _ -> {});
    }

    @Test
    @Order(2)
    void should_close_the_models_request_when_the_client_leaves_in_the_middle_of_the_text() {
        Script.Reply slow = Script.text(String.join(
                " ", IntStream.range(0, 3_000).mapToObj(i -> "word" + i).toList()));
        IntPredicate streaming = i -> i % 3 != 0;
        leaveWhileTheModelIsAsked(
                "in the middle of the text",
                300,
                streaming,
                i -> streaming.test(i)
                        ? slow.frameDelay(Duration.ofMillis(10))
                        : slow.fault(new Fault.StallAt(0, null)),
                client -> assertEquals(
                        "TEXT_MESSAGE_CONTENT",
                        client.awaitEvent("TEXT_MESSAGE_CONTENT").path("type").asText()));
    }

    private static void leaveWhileTheModelIsAsked(
            String when,
            int mostMillis,
            IntPredicate streaming,
            IntFunction<Script> script,
            Consumer<OpenRequest> beforeAStreamIsLeft) {
        Times times = new Times();
        Together.run(EACH, AT_ONCE, i -> {
            Random random = new Random(i);
            String question = "Left " + when + " " + i;
            stage.when(question, script.apply(i));
            OpenRequest client = OpenRequest.ask(stage.agent(), streaming.test(i), SERVERS.conversation(i), question);
            RecordedRequest asked = SERVERS.awaitAsked(question);
            if (streaming.test(i)) {
                beforeAStreamIsLeft.accept(client);
            }
            dawdle(random, mostMillis);
            Instant left = Instant.now();
            client.leave(random.nextBoolean());
            times.add(untilClosed(asked, left));
            return null;
        });
        check(when, EACH, times);
        SERVERS.assertAskedOnce("Left " + when + " ");
    }

    @Test
    @Order(3)
    void should_cancel_the_sql_when_the_client_leaves_while_a_tool_runs() {
        SERVERS.assumeSql();
        int toolboxConnections = SERVERS.toolboxConnections();
        Times times = new Times();
        for (int first = 0; first < EACH; first += AT_ONCE) {
            leaveWhileToolsRun("While a tool runs ", first, AT_ONCE, 1, times);
        }
        check("while a tool ran, until the SQL was cancelled", EACH, times);
        // A cancelled call must not go on as a question of the model about its result.
        SERVERS.assertAskedOnce("While a tool runs ");
        Await.until(
                "no more connections to the toolbox than before",
                BOUND,
                () -> SERVERS.toolboxConnections() <= toolboxConnections + AT_ONCE);
    }

    @Test
    @Order(4)
    void should_cancel_the_sql_of_every_call_when_the_client_leaves_while_several_run_side_by_side() {
        SERVERS.assumeSql();
        // As many statements as the toolbox has connections to the database, or fewer.
        int clients = 5;
        int rounds = 6;
        Times times = new Times();
        for (int round = 0; round < rounds; round++) {
            leaveWhileToolsRun("While three tools run ", round * clients, clients, 3, times);
        }
        check("while three tools ran, until all SQL was cancelled", rounds * clients, times);
        SERVERS.assertAskedOnce("While three tools run ");
    }

    private static void leaveWhileToolsRun(String question, int first, int clients, int calls, Times times) {
        List<OpenRequest> open = Together.run(clients, clients, n -> {
            int i = first + n;
            stage.when(
                    question + i,
                    Script.Rounds.of(
                            Script.calls(IntStream.range(0, calls)
                                    .mapToObj(call -> new Script.Block.ToolUse(
                                            "slow-" + call,
                                            "slow",
                                            Answer.JSON.createObjectNode().put("seconds", 600)))
                                    .toArray(Script.Block.ToolUse[]::new)),
                            Script.text("Late.")));
            return OpenRequest.ask(stage.agent(), i % 2 == 0, SERVERS.conversation(i), question + i);
        });
        Await.until("all statements to run", BOUND, () -> SERVERS.statements() == clients * calls);
        Random random = new Random(first);
        Collections.shuffle(open, random);
        int left = clients;
        for (OpenRequest client : open) {
            dawdle(random, 50);
            int expected = --left * calls;
            long leftAt = client.leave(random.nextBoolean());
            Await.until(
                    "all statements of one turn to be gone, and no other",
                    BOUND,
                    () -> SERVERS.statements() <= expected);
            times.add(System.nanoTime() - leftAt);
            assertEquals(expected, SERVERS.statements());
        }
    }

    @Test
    @Order(5)
    void should_notice_clients_that_leave_at_once() {
        String question = "Leaving at once";
        stage.when(question, Script.text("Nobody will read this.").delay(Duration.ofMinutes(2)));
        for (int round = 0; round < 10; round++) {
            Random random = new Random(round);
            // So many that some have left before their request has a thread.
            Together.run(EACH, EACH, i -> {
                OpenRequest client = OpenRequest.ask(stage.agent(), i % 2 == 0, SERVERS.conversation(i), question);
                if (i % 4 == 0) {
                    dawdle(random, 10);
                }
                client.leave(i % 3 != 1);
                return null;
            });
            // A turn whose client's leaving was missed goes on until the model has been silent for too long.
            Together.run(EACH, AT_ONCE, i -> {
                Await.until(
                        "the conversation to be free",
                        SOON,
                        () -> stage.ask(false, SERVERS.conversation(i), "And now?")
                                        .status()
                                != 409);
                return null;
            });
            Await.until(
                    "every request of theirs to be closed",
                    SOON,
                    () -> stage.bedrock().openRequests() == 0);
        }
        SERVERS.assertNowhereAsked(question);
        SERVERS.remember();
    }

    @Test
    @Order(6)
    void should_stop_the_run_that_is_deleted() {
        Times times = new Times();
        List<String> problems = Together.run(EACH / 2, AT_ONCE, i -> {
            String question = "Delete this " + i;
            Script.Reply slow = Script.text(String.join(" ", Collections.nCopies(2_000, "word")));
            boolean streaming = i % 3 != 0;
            stage.when(
                    question,
                    streaming && i % 2 == 0
                            ? slow.frameDelay(Duration.ofMillis(10))
                            : slow.fault(new Fault.StallAt(0, null)));
            Thread deleting = Thread.ofVirtual().start(() -> {
                RecordedRequest asked = SERVERS.awaitAsked(question);
                dawdle(new Random(i), 200);
                Instant now = Instant.now();
                assertEquals(
                        204,
                        stage.agent()
                                .delete("/chat/" + SERVERS.conversation(i) + "/run")
                                .statusCode());
                times.add(untilClosed(asked, now));
            });
            Answer answer = stage.ask(streaming, SERVERS.conversation(i), question);
            Await.until("the run to be deleted", BOUND, () -> !deleting.isAlive());
            return answer.problem();
        });
        problems.forEach(problem -> assertEquals("turn-cancelled", problem));
        assertEquals(EACH / 2, times.count());
        assertTrue(times.at(0.99).compareTo(SOON) <= 0, times::toString);
        SERVERS.assertAskedOnce("Delete this ");
        assertEquals(
                404,
                stage.agent()
                        .delete("/chat/" + SERVERS.conversation(0) + "/run")
                        .statusCode());
    }

    @Test
    @Order(7)
    void should_stop_at_the_deadline_and_leave_the_conversation_as_it_was() {
        SERVERS.assumeSql();
        stage.when("Be silent", Script.text("Never.").delay(Duration.ofMinutes(2)));
        stage.when(
                "Talk for ever",
                Script.text(String.join(" ", Collections.nCopies(2_000, "word")))
                        .frameDelay(Duration.ofMillis(10)));
        stage.when(
                "Use a slow tool",
                Script.call("slow", Answer.JSON.createObjectNode().put("seconds", 600)));
        try (AgentProcess hurried = SERVERS.startAnother("AGENT_TURN_DEADLINE", "3s")) {
            for (String question : List.of("Be silent", "Talk for ever", "Use a slow tool")) {
                String conversation =
                        Stage.askOf(hurried, null, "Hello", "application/json").conversationId();
                JsonNode shown = Answer.of(hurried.get("/chat/" + conversation)).body();
                long start = System.nanoTime();
                Answer answer = Stage.askOf(hurried, conversation, question, "text/event-stream");
                long millis = (System.nanoTime() - start) / 1_000_000;
                assertEquals("deadline-exceeded", answer.problem(), question);
                assertTrue(millis < SOON.toMillis(), question + " took " + millis + " ms");
                assertEquals(
                        shown, Answer.of(hurried.get("/chat/" + conversation)).body());
                assertTrue(Stage.askOf(hurried, conversation, "And now?", "application/json")
                        .succeeded());
            }
            assertEquals(
                    504,
                    Stage.askOf(hurried, null, "Be silent", "application/json").status());
            Await.until("the SQL to be cancelled", BOUND, () -> SERVERS.statements() == 0);
        }
    }

    @Test
    @Order(8)
    void should_serve_and_end_as_if_nobody_had_ever_left() {
        Times times = new Times();
        for (int i = 0; i < 20; i++) {
            long start = System.nanoTime();
            assertTrue(stage.ask(true, SERVERS.conversation(i), "Still there?").succeeded());
            times.add(System.nanoTime() - start);
        }
        SERVERS.remember();
        System.out.println("A turn after all disconnects: " + times);
        assertTrue(times.at(0.5).compareTo(SOON) < 0, times::toString);
        assertEquals(
                List.of(),
                stage.agent()
                        .log()
                        .lines()
                        .filter(line -> line.contains("ERROR"))
                        .limit(5)
                        .toList());
    }
}
