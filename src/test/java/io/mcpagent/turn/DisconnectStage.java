package io.mcpagent.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.RecordedRequest;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.PostgresServer;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.TcpProxy;
import io.mcpagent.support.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A {@link Stage} with conversations and slow SQL (where PostgreSQL is installed), which knows what may be left of clients that have left. */
final class DisconnectStage implements AutoCloseable {

    static final int EACH = 100;
    static final int AT_ONCE = 10;
    /** Less than anything else takes that would end a request by itself: the model's silence, the deadline of a turn, the statement. */
    static final Duration SOON = Duration.ofSeconds(15);

    static final Duration BOUND = Duration.ofSeconds(60);

    private PostgresServer postgres;
    private RealToolbox toolbox;
    private TcpProxy toToolbox;
    private Stage stage;
    private List<String> conversations;
    private List<JsonNode> before;
    private int filesBefore;
    private int connectionsBefore;

    /** What has started by then can be closed, even if this fails. */
    Stage start() {
        if (PostgresServer.available()) {
            postgres = PostgresServer.start().withoutStatementTimeout();
            toolbox = RealToolbox.start(List.of(TestTools.slow()), postgres.toolboxEnvironment());
            toToolbox = TcpProxy.to(toolbox.port());
            // A client that leaves late is not to be taken for a model that is ill.
            stage = Stage.with(
                    URI.create("http://127.0.0.1:" + toToolbox.port() + "/mcp"),
                    "AGENT_TOOLS_CALL_TIMEOUT",
                    "90s",
                    "AGENT_MODEL_IDLE_TIMEOUT",
                    "60s",
                    "AGENT_MODEL_BREAKER_FAILURES",
                    "100000");
        } else {
            stage = Stage.withoutTools(URI.create("http://127.0.0.1:1/mcp"));
        }
        // The same number of turns at once as later, so that pools are as full as they get.
        conversations = Together.run(EACH, AT_ONCE, _ -> stage.conversation());
        remember();
        filesBefore = openFiles();
        connectionsBefore = Math.max(AT_ONCE, stage.bedrock().openConnections());
        return stage;
    }

    String conversation(int i) {
        return conversations.get(i);
    }

    void assumeSql() {
        Assumptions.assumeTrue(postgres != null, "PostgreSQL is not installed");
    }

    /** How many slow statements run. */
    int statements() {
        return postgres.running("pg_sleep");
    }

    int toolboxConnections() {
        return toToolbox.openConnections();
    }

    /** One more agent over the same servers. */
    AgentProcess startAnother(String... settings) {
        return stage.startAnother(toolbox.url(), settings);
    }

    /** What the conversations are now is what they have to be later. */
    void remember() {
        before = conversations.stream().map(stage::show).toList();
    }

    /** In no conversation is a turn with that question. */
    void assertNowhereAsked(String question) {
        conversations.forEach(conversation -> assertFalse(stage.show(conversation)
                .path("turns")
                .findValuesAsText("message")
                .contains(question)));
    }

    void assertNothingIsLeftAndAllIsAsBefore() {
        Await.until("no request to the model", BOUND, () -> stage.bedrock().openRequests() == 0);
        for (int i = 0; i < EACH; i++) {
            assertEquals(before.get(i), stage.show(conversations.get(i)));
        }
        List<Answer> next = Together.run(EACH, AT_ONCE, i -> stage.ask(i % 2 == 0, conversations.get(i), "And now?"));
        next.forEach(answer -> assertTrue(answer.succeeded(), answer::toString));
        remember();
        Await.until(
                "as many connections to the model as before, " + connectionsBefore,
                BOUND,
                // The pool keeps what was open at once; a leak would show as one connection for each client that left.
                () -> stage.bedrock().openConnections() <= connectionsBefore + AT_ONCE);
        // The pools' idle connections come and go a little.
        Await.until(
                "about as many open files as before, " + filesBefore,
                BOUND,
                () -> openFiles() <= filesBefore + AT_ONCE);
    }

    private int openFiles() {
        try (Stream<Path> files =
                Files.list(Path.of("/proc", Long.toString(stage.agent().pid()), "fd"))) {
            return (int) files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    RecordedRequest awaitAsked(String question) {
        Await.until(
                "the model to be asked " + question,
                BOUND,
                () -> !stage.asked(question).isEmpty());
        return stage.asked(question).getFirst();
    }

    void assertAskedOnce(String prefix) {
        List<String> asked = stage.bedrock().requests().stream()
                .map(request -> request.body().toString())
                .filter(body -> body.contains(prefix))
                .toList();
        for (int i = 0; i < EACH; i++) {
            String question = prefix + i;
            long times = asked.stream()
                    .filter(body -> body.contains("\"" + question + "\""))
                    .count();
            assertTrue(times <= 1, question + " was asked " + times + " times");
        }
    }

    /** How long after {@code left} the model's service saw that nobody listens any more. */
    static Duration untilClosed(RecordedRequest request, Instant left) {
        Await.until(
                "the request to the model to be closed",
                BOUND,
                () -> request.clientClosed().isPresent());
        Instant from = request.arrived().isAfter(left) ? request.arrived() : left;
        return Duration.between(from, request.clientClosed().orElseThrow());
    }

    /** Waits a random time: the moment of leaving is what these tests vary. */
    static void dawdle(Random random, int mostMillis) {
        LockSupport.parkNanos(random.nextInt(1, mostMillis * 1_000_000));
    }

    @Override
    public void close() {
        Stream.of(stage, toToolbox, toolbox, postgres).filter(Objects::nonNull).forEach(DisconnectStage::close);
    }

    private static void close(AutoCloseable server) {
        try {
            server.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
