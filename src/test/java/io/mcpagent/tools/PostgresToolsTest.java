package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.support.Await;
import io.mcpagent.support.PostgresServer;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.TcpProxy;
import io.mcpagent.support.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real toolbox over a real PostgreSQL: what reaches the database, and what of it reaches the model. */
class PostgresToolsTest {

    private static PostgresServer database;
    private RealToolbox server;
    private final List<McpToolbox> toolboxes = new ArrayList<>();

    @BeforeAll
    static void start() {
        Assumptions.assumeTrue(PostgresServer.available(), "PostgreSQL is not installed");
        database = PostgresServer.start().withoutStatementTimeout();
    }

    // A new one for each test, since its pool keeps the dead connections of the test before.
    @BeforeEach
    void startServer() {
        server = RealToolbox.start(List.of(TestTools.slow(), writeOnly()), database.writableToolboxEnvironment());
    }

    private static Path writeOnly() {
        // Both files name the same source, which one toolbox takes only once.
        try {
            Path both = TestTools.write();
            String text = Files.readString(both);
            return Files.writeString(
                    both.resolveSibling("only-" + both.getFileName()), text.substring(text.indexOf("---\n") + 4));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void stop() {
        if (database != null) {
            database.close();
        }
    }

    @AfterEach
    void close() {
        toolboxes.forEach(McpToolbox::close);
        server.close();
    }

    private McpToolbox toolbox(int port, String path, Object... settings) {
        Object[] all = new Object[settings.length + 2];
        all[0] = "url";
        all[1] = "http://127.0.0.1:" + port + path;
        System.arraycopy(settings, 0, all, 2, settings.length);
        McpToolbox toolbox = TestConfig.toolbox(all);
        toolboxes.add(toolbox);
        return toolbox;
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(120));
    }

    private static Tool tool(McpToolbox toolbox, String name) throws InterruptedException {
        return toolbox.catalog(Identity.ANONYMOUS, soon()).find(name).orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_cancel_the_statement_in_the_database_when_the_caller_is_interrupted(String path) throws Exception {
        McpToolbox toolbox = toolbox(server.port(), path);
        Tool slow = tool(toolbox, "slow");
        AtomicReference<Object> end = new AtomicReference<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                end.set(toolbox.call(slow, Arguments.read("{\"seconds\": 600}"), Identity.ANONYMOUS, null, soon()));
            } catch (InterruptedException e) {
                end.set(e);
            }
        });
        Await.until("the statement to run", () -> database.running("pg_sleep") == 1);
        caller.interrupt();
        Await.until("the statement to be gone", () -> database.running("pg_sleep") == 0);
        assertTrue(caller.join(Duration.ofSeconds(60)));
        assertEquals(InterruptedException.class, end.get().getClass());
        assertEquals(
                ToolOutcome.OK,
                toolbox.call(slow, Arguments.read("{\"seconds\": 0}"), Identity.ANONYMOUS, null, soon())
                        .outcome());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_cancel_the_statement_in_the_database_at_the_time_limit(String path) throws Exception {
        McpToolbox toolbox = toolbox(server.port(), path, "call-timeout", "1s");
        ToolAnswer result = toolbox.call(
                tool(toolbox, "slow"), Arguments.read("{\"seconds\": 600}"), Identity.ANONYMOUS, null, soon());
        assertEquals(ToolOutcome.TIMEOUT, result.outcome());
        Await.until("the statement to be gone", () -> database.running("pg_sleep") == 0);
        assertTrue(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_run_forty_slow_calls_side_by_side_without_losing_one(String path) throws Exception {
        McpToolbox toolbox = toolbox(server.port(), path);
        assertEquals(40, succeeded(callSideBySide(40, toolbox, tool(toolbox, "slow"), "{\"seconds\": 0.2}")));
    }

    private static List<ToolAnswer> callSideBySide(int calls, McpToolbox toolbox, Tool tool, String arguments)
            throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        List<ToolAnswer> results = Collections.synchronizedList(new ArrayList<>());
        IntStream.range(0, calls)
                .forEach(i -> threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        results.add(toolbox.call(tool, Arguments.read(arguments), Identity.ANONYMOUS, null, soon()));
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                })));
        for (Thread thread : threads) {
            thread.join();
        }
        return results;
    }

    private static long succeeded(List<ToolAnswer> results) {
        return results.stream()
                .filter(result -> result.outcome() == ToolOutcome.OK)
                .count();
    }

    @Test
    void should_hide_from_reads_that_a_failover_ended_every_pooled_connection_of_the_toolbox() throws Exception {
        McpToolbox toolbox = toolbox(server.port(), "/mcp");
        Tool slow = tool(toolbox, "slow");
        for (int i = 0; i < 5; i++) {
            assertEquals(16, succeeded(callSideBySide(16, toolbox, slow, "{\"seconds\": 0.3}")));
            database.endConnectionsOf("toolbox_rw");
            List<ToolAnswer> results = callSideBySide(16, toolbox, slow, "{\"seconds\": 0.05}");
            assertEquals(16, succeeded(results), results.toString());
        }
    }

    @Test
    void should_retry_a_read_whose_database_connection_was_ended() throws Exception {
        McpToolbox toolbox = toolbox(server.port(), "/mcp");
        Tool slow = tool(toolbox, "slow");
        for (int i = 0; i < 5; i++) {
            assertEquals(
                    ToolOutcome.OK,
                    toolbox.call(slow, Arguments.read("{\"seconds\": 0}"), Identity.ANONYMOUS, null, soon())
                            .outcome());
            database.endConnectionsOf("toolbox_rw");
            ToolAnswer result =
                    toolbox.call(slow, Arguments.read("{\"seconds\": 0}"), Identity.ANONYMOUS, null, soon());
            assertEquals(ToolOutcome.OK, result.outcome(), result.text());
        }
    }

    @Test
    void should_tell_the_model_that_the_database_is_down_but_not_where_it_is() throws Exception {
        McpToolbox toolbox = toolbox(server.port(), "/mcp");
        Tool slow = tool(toolbox, "slow");
        database.stop();
        try {
            ToolAnswer result =
                    toolbox.call(slow, Arguments.read("{\"seconds\": 0}"), Identity.ANONYMOUS, null, soon());
            assertEquals(ToolOutcome.ERROR, result.outcome(), result.text());
            for (String secret : List.of(
                    "127.0.0.1", "toolbox_rw", "shop", Integer.toString(database.port()), PostgresServer.PASSWORD)) {
                assertFalse(result.text().contains(secret), result.text());
            }
            assertTrue(result.text().contains("database"), result.text());
            assertTrue(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        } finally {
            database.startAgain();
        }
        Await.until(
                "calls to work again",
                () -> toolbox.call(slow, Arguments.read("{\"seconds\": 0}"), Identity.ANONYMOUS, null, soon())
                                .outcome()
                        == ToolOutcome.OK);
    }

    @Test
    void should_keep_what_the_database_says_of_a_statement() throws Exception {
        McpToolbox toolbox = toolbox(server.port(), "/mcp");
        ToolAnswer result = toolbox.call(
                tool(toolbox, "set_order_status"),
                Arguments.read("{\"order_id\": 1, \"status\": \"no such status\"}"),
                Identity.ANONYMOUS,
                null,
                soon());
        assertEquals(ToolOutcome.ERROR, result.outcome(), result.text());
        assertTrue(result.text().contains("SQLSTATE 23514"), result.text());
    }

    @Test
    void should_run_a_write_once_when_its_response_is_reset() throws Exception {
        database.execute("""
            CREATE TABLE IF NOT EXISTS shop.audit (order_id int);
            TRUNCATE shop.audit;
            GRANT INSERT ON shop.audit TO toolbox_rw;
            CREATE OR REPLACE FUNCTION shop.audit() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN INSERT INTO shop.audit VALUES (NEW.order_id); RETURN NEW; END $$;
            DROP TRIGGER IF EXISTS audit ON shop.orders;
            CREATE TRIGGER audit AFTER UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.audit();
            """);
        String status = database.query("SELECT status FROM orders WHERE order_id = 1")
                .getFirst()
                .get("status")
                .toString();
        try (TcpProxy proxy = TcpProxy.to(server.port())) {
            for (String path : List.of("/mcp", "/mcp/sse")) {
                database.execute("TRUNCATE shop.audit");
                McpToolbox toolbox = toolbox(proxy.port(), path);
                Tool write = tool(toolbox, "set_order_status");
                assertEquals(
                        ToolOutcome.OK,
                        toolbox.call(
                                        write,
                                        Arguments.read("{\"order_id\": 1, \"status\": \"" + status + "\"}"),
                                        Identity.ANONYMOUS,
                                        null,
                                        soon())
                                .outcome());
                proxy.cutResponsesTo("tools/call", TcpProxy.Ending.RST);
                ToolAnswer result = toolbox.call(
                        write,
                        Arguments.read("{\"order_id\": 1, \"status\": \"" + status + "\"}"),
                        Identity.ANONYMOUS,
                        null,
                        soon());
                assertEquals(ToolOutcome.OUTCOME_UNKNOWN, result.outcome(), path + " " + result.text());
                proxy.pass();
                Await.until(
                        "the tools to be back",
                        () -> toolbox.catalog(Identity.ANONYMOUS, soon()).available());
                assertEquals(
                        2L,
                        database.query("SELECT count(*) AS n FROM shop.audit")
                                .getFirst()
                                .get("n"),
                        path);
            }
        }
    }
}
