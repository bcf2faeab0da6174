package io.mcpagent.turn;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.RecordedRequest;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.PostgresServer;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.TcpProxy;
import io.mcpagent.support.TestTools;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Whoever leaves stops everything that was done for them, and nothing else. */
@Tag("alone")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DisconnectIT {

    private static final int EACH = 100;
    private static final int AT_ONCE = 10;
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration BOUND = Duration.ofSeconds(10);

    private static PostgresServer postgres;
    private static RealToolbox toolbox;
    private static TcpProxy toToolbox;
    private static Stage stage;
    private static List<String> conversations;
    private static List<JsonNode> before;
    private static int filesBefore;
    private static int connectionsBefore;

    @BeforeAll
    static void start() {
        if (PostgresServer.available()) {
            postgres = PostgresServer.start();
            toolbox = RealToolbox.start(List.of(TestTools.slow()), postgres.toolboxEnvironment());
            toToolbox = TcpProxy.to(toolbox.port());
            stage = Stage.with(URI.create("http://127.0.0.1:" + toToolbox.port() + "/mcp"), "AGENT_TOOLS_CALL_TIMEOUT", "60s");
        } else {
            stage = Stage.withoutTools(URI.create("http://127.0.0.1:1/mcp"));
        }
        // The same number of turns at once as later, so that pools are as full as they get.
        conversations = Together.run(EACH, AT_ONCE, i -> stage.conversation());
        before = conversations.stream().map(stage::show).toList();
        filesBefore = openFiles(stage.agent());
        connectionsBefore = Math.max(AT_ONCE, stage.bedrock().openConnections());
    }

    @AfterAll
    static void stop() {
        Stream.of(stage, toToolbox, toolbox, postgres).filter(Objects::nonNull).forEach(DisconnectIT::close);
    }

    private static void close(AutoCloseable server) {
        try {
            server.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void nothing_is_left_and_all_is_as_before() {
        Await.until("no request to the model", BOUND, () -> stage.bedrock().openRequests() == 0);
        for (int i = 0; i < EACH; i++) {
            assertEquals(before.get(i), stage.show(conversations.get(i)));
        }
        List<Answer> next = Together.run(EACH, AT_ONCE, i -> stage.ask(i % 2 == 0, conversations.get(i), "And now?"));
        next.forEach(answer -> assertTrue(answer.succeeded(), answer::toString));
        before = conversations.stream().map(stage::show).toList();
        Await.until("as many connections to the model as before, " + connectionsBefore, BOUND,
                // The pool keeps what was open at once; a leak would show as one connection for each client that left.
                () -> stage.bedrock().openConnections() <= connectionsBefore + AT_ONCE);
        // The pools' idle connections come and go a little.
        Await.until("about as many open files as before, " + filesBefore, BOUND, () -> openFiles(stage.agent()) <= filesBefore + AT_ONCE);
    }

    private static int openFiles(AgentProcess agent) {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(agent.pid()), "fd"))) {
            return (int) files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits a random time: the moment of leaving is what these tests vary. */
    private static void dawdle(Random random, int mostMillis) {
        LockSupport.parkNanos(random.nextInt(1, mostMillis * 1_000_000));
    }

    private static RecordedRequest awaitAsked(String question) {
        Await.until("the model to be asked " + question, BOUND, () -> !stage.asked(question).isEmpty());
        return stage.asked(question).getFirst();
    }

    /** How long after {@code left} the model's service saw that nobody listens any more. */
    private static Duration untilClosed(RecordedRequest request, Instant left) {
        Await.until("the request to the model to be closed", BOUND, () -> request.clientClosed().isPresent());
        Instant from = request.arrived().isAfter(left) ? request.arrived() : left;
        return Duration.between(from, request.clientClosed().orElseThrow());
    }

    private static Instant leave(OpenRequest request, Random random) {
        Instant now = Instant.now();
        request.leave(random.nextBoolean());
        return now;
    }

    private static void check(String what, Times times) {
        System.out.println("Disconnects " + what + ": " + times);
        assertEquals(EACH, times.count());
        assertTrue(times.at(0.99).compareTo(SOON) <= 0, times::toString);
    }

    @Test
    @Order(1)
    void should_close_the_models_request_when_the_client_leaves_before_the_first_token() {
        Times times = new Times();
        Together.run(EACH, AT_ONCE, i -> {
            Random random = new Random(i);
            String question = "Before the first token " + i;
            Script.Reply silent = Script.text("Nobody will read this.");
            stage.when(question, i % 3 == 0 ? silent.delay(Duration.ofMinutes(2)) : silent.fault(new Fault.StallAt(0, null)));
            OpenRequest client = OpenRequest.ask(stage.agent(), i % 2 == 0, conversations.get(i), question);
            RecordedRequest asked = awaitAsked(question);
            dawdle(random, 50);
            times.add(untilClosed(asked, leave(client, random)));
            return null;
        });
        check("before the first token", times);
        assertAskedOnce("Before the first token ");
    }

    @Test
    @Order(2)
    void should_close_the_models_request_when_the_client_leaves_in_the_middle_of_the_text() {
        Times times = new Times();
        String text = String.join(" ", IntStream.range(0, 3_000).mapToObj(i -> "word" + i).toList());
        Together.run(EACH, AT_ONCE, i -> {
            Random random = new Random(i);
            boolean streaming = i % 3 != 0;
            String question = "In the middle of the text " + i;
            Script.Reply slow = Script.text(text);
            stage.when(question, streaming ? slow.frameDelay(Duration.ofMillis(10)) : slow.fault(new Fault.StallAt(0, null)));
            OpenRequest client = OpenRequest.ask(stage.agent(), streaming, conversations.get(i), question);
            RecordedRequest asked = awaitAsked(question);
            if (streaming) {
                assertEquals("TEXT_MESSAGE_CONTENT", client.awaitEvent("TEXT_MESSAGE_CONTENT").path("type").asText());
            }
            dawdle(random, 300);
            times.add(untilClosed(asked, leave(client, random)));
            return null;
        });
        check("in the middle of the text", times);
        assertAskedOnce("In the middle of the text ");
    }

    @Test
    @Order(3)
    void should_cancel_the_sql_when_the_client_leaves_while_a_tool_runs() {
        Assumptions.assumeTrue(postgres != null, "PostgreSQL is not installed");
        int toolboxConnections = toToolbox.openConnections();
        Times times = new Times();
        for (int first = 0; first < EACH; first += AT_ONCE) {
            leaveWhileToolsRun(first, times);
        }
        check("while a tool ran, until the SQL was cancelled", times);
        // A cancelled call must not go on as a question of the model about its result.
        assertAskedOnce("While a tool runs ");
        Await.until("no more connections to the toolbox than before", BOUND, () -> toToolbox.openConnections() <= toolboxConnections + AT_ONCE);
    }

    private static void leaveWhileToolsRun(int first, Times times) {
        List<OpenRequest> clients = Together.run(AT_ONCE, AT_ONCE, n -> {
            int i = first + n;
            String question = "While a tool runs " + i;
            stage.when(question, Script.Rounds.of(Script.call("slow", Answer.JSON.createObjectNode().put("seconds", 60)), Script.text("Late.")));
            return OpenRequest.ask(stage.agent(), i % 2 == 0, conversations.get(i), question);
        });
        Await.until(AT_ONCE + " statements to run", BOUND, () -> postgres.running("pg_sleep") == AT_ONCE);
        List<Integer> order = new ArrayList<>(IntStream.range(0, AT_ONCE).boxed().toList());
        Random random = new Random(first);
        Collections.shuffle(order, random);
        int left = AT_ONCE;
        for (int n : order) {
            dawdle(random, 50);
            int expected = --left;
            long leftAt = clients.get(n).leave(random.nextBoolean());
            Await.until("one statement less", BOUND, () -> postgres.running("pg_sleep") == expected);
            times.add(System.nanoTime() - leftAt);
        }
    }

    @Test
    @Order(4)
    void should_cancel_the_sql_of_every_call_when_the_client_leaves_while_several_run_side_by_side() {
        Assumptions.assumeTrue(postgres != null, "PostgreSQL is not installed");
        // As many statements as the toolbox has connections to the database, or fewer.
        int clients = 5;
        int calls = 3;
        Times times = new Times();
        for (int round = 0; round < 6; round++) {
            int first = round * clients;
            List<OpenRequest> open = Together.run(clients, clients, n -> {
                String question = "While three tools run " + (first + n);
                stage.when(question, Script.Rounds.of(Script.calls(IntStream.range(0, calls).mapToObj(DisconnectIT::slow)
                        .toArray(Script.Block.ToolUse[]::new)), Script.text("Late.")));
                return OpenRequest.ask(stage.agent(), n % 2 == 0, conversations.get(first + n), question);
            });
            Await.until("all statements to run", BOUND, () -> postgres.running("pg_sleep") == clients * calls);
            Random random = new Random(round);
            for (int n = 0; n < clients; n++) {
                dawdle(random, 50);
                int expected = (clients - n - 1) * calls;
                long leftAt = open.get(n).leave(random.nextBoolean());
                Await.until("all statements of one turn to be gone, and no other", BOUND, () -> postgres.running("pg_sleep") <= expected);
                times.add(System.nanoTime() - leftAt);
                assertEquals(expected, postgres.running("pg_sleep"));
            }
        }
        System.out.println("Disconnects while three tools ran, until all SQL was cancelled: " + times);
        assertTrue(times.at(0.99).compareTo(SOON) <= 0, times::toString);
        assertAskedOnce("While three tools run ");
    }

    private static Script.Block.ToolUse slow(int call) {
        return new Script.Block.ToolUse("slow-" + call, "slow", Answer.JSON.createObjectNode().put("seconds", 60));
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
                OpenRequest client = OpenRequest.ask(stage.agent(), i % 2 == 0, conversations.get(i), question);
                if (i % 4 == 0) {
                    dawdle(random, 10);
                }
                client.leave(i % 3 != 1);
                return null;
            });
            // A turn whose client's leaving was missed goes on until the model has been silent for too long.
            Together.run(EACH, AT_ONCE, i -> {
                Await.until("the conversation to be free", SOON, () -> stage.ask(false, conversations.get(i), "And now?").status() != 409);
                return null;
            });
            Await.until("every request of theirs to be closed", Duration.ofSeconds(5), () -> stage.bedrock().openRequests() == 0);
        }
        before = conversations.stream().map(stage::show).toList();
    }

    @Test
    @Order(6)
    void should_stop_the_run_that_is_deleted() {
        Times times = new Times();
        List<String> problems = Together.run(EACH / 2, AT_ONCE, i -> {
            String question = "Delete this " + i;
            Script.Reply slow = Script.text(String.join(" ", Collections.nCopies(2_000, "word")));
            boolean streaming = i % 3 != 0;
            stage.when(question, streaming && i % 2 == 0 ? slow.frameDelay(Duration.ofMillis(10)) : slow.fault(new Fault.StallAt(0, null)));
            Thread deleting = Thread.ofVirtual().start(() -> {
                RecordedRequest asked = awaitAsked(question);
                dawdle(new Random(i), 200);
                Instant now = Instant.now();
                assertEquals(204, stage.agent().delete("/chat/" + conversations.get(i) + "/run").statusCode());
                times.add(untilClosed(asked, now));
            });
            Answer answer = stage.ask(streaming, conversations.get(i), question);
            join(deleting);
            return answer.problem();
        });
        problems.forEach(problem -> assertEquals("turn-cancelled", problem));
        assertEquals(EACH / 2, times.count());
        assertTrue(times.at(0.99).compareTo(SOON) <= 0, times::toString);
        assertAskedOnce("Delete this ");
        assertEquals(404, stage.agent().delete("/chat/" + conversations.getFirst() + "/run").statusCode());
    }

    private static void join(Thread thread) {
        try {
            assertTrue(thread.join(BOUND));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @Order(7)
    void should_stop_at_the_deadline_and_leave_the_conversation_as_it_was() {
        Assumptions.assumeTrue(postgres != null, "PostgreSQL is not installed");
        stage.when("Be silent", Script.text("Never.").delay(Duration.ofMinutes(2)));
        stage.when("Talk for ever", Script.text(String.join(" ", Collections.nCopies(2_000, "word"))).frameDelay(Duration.ofMillis(10)));
        stage.when("Use a slow tool", Script.call("slow", Answer.JSON.createObjectNode().put("seconds", 60)));
        try (AgentProcess hurried = stage.startAnother(toolbox.url(), "AGENT_TURN_DEADLINE", "1500ms")) {
            for (String question : List.of("Be silent", "Talk for ever", "Use a slow tool")) {
                String conversation = Stage.askOf(hurried, null, "Hello", "application/json").conversationId();
                JsonNode shown = Answer.of(hurried.get("/chat/" + conversation)).body();
                long start = System.nanoTime();
                Answer answer = Stage.askOf(hurried, conversation, question, "text/event-stream");
                long millis = (System.nanoTime() - start) / 1_000_000;
                assertEquals("deadline-exceeded", answer.problem(), question);
                assertTrue(millis < 2_500, question + " took " + millis + " ms");
                assertEquals(shown, Answer.of(hurried.get("/chat/" + conversation)).body());
                assertTrue(Stage.askOf(hurried, conversation, "And now?", "application/json").succeeded());
            }
            assertEquals(504, Stage.askOf(hurried, null, "Be silent", "application/json").status());
            Await.until("the SQL to be cancelled", BOUND, () -> postgres.running("pg_sleep") == 0);
        }
    }

    @Test
    @Order(8)
    void should_serve_and_end_as_if_nobody_had_ever_left() {
        Times times = new Times();
        for (int i = 0; i < 20; i++) {
            long start = System.nanoTime();
            assertTrue(stage.ask(true, conversations.get(i), "Still there?").succeeded());
            times.add(System.nanoTime() - start);
        }
        before = conversations.stream().map(stage::show).toList();
        System.out.println("A turn after all disconnects: " + times);
        assertTrue(times.at(0.5).toMillis() < 100, times::toString);
        assertFalse(stage.agent().log().contains("ERROR"), () -> errors(stage.agent().log()));
    }

    private static String errors(String log) {
        return String.join("\n", log.lines().filter(line -> line.contains("ERROR")).limit(5).toList());
    }

    private static void assertAskedOnce(String prefix) {
        List<RecordedRequest> asked = stage.bedrock().requests().stream().filter(request -> request.body().toString().contains(prefix)).toList();
        for (int i = 0; i < EACH; i++) {
            String question = prefix + i;
            long times = asked.stream().filter(request -> request.body().toString().contains("\"" + question + "\"")).count();
            assertTrue(times <= 1, question + " was asked " + times + " times");
        }
    }
}
