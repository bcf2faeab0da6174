package io.mcpagent.toolboxconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mcpagent.support.McpCalls;
import io.mcpagent.support.PostgresServer;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.TestTools;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the production source and the role of {@code roles.postgres.sql} hold against, on a real PostgreSQL with TLS. */
class ProductionSourceTest {

    private static PostgresServer postgres;

    @BeforeAll
    static void start() {
        assumeTrue(PostgresServer.available(), "PostgreSQL is not installed");
        postgres = PostgresServer.startWithTls();
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    private static String startError(Map<String, String> changes) {
        Map<String, String> environment = new HashMap<>(postgres.toolboxEnvironment());
        environment.putAll(changes);
        return assertThrows(
                        IllegalStateException.class,
                        () -> RealToolbox.start(List.of(Project.toolboxConfig("tools.yaml")), environment)
                                .close())
                .getMessage();
    }

    private static RealToolbox executing(Map<String, String> environment) {
        return RealToolbox.start(List.of(TestTools.execute()), environment);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO customers SELECT * FROM customers",
                "UPDATE orders SET status = 'paid'",
                "DELETE FROM shipments",
                "TRUNCATE shipments",
                "WITH gone AS (DELETE FROM shipments RETURNING *) SELECT count(*) FROM gone",
                "CREATE TABLE mine (id int)",
                "CREATE TABLE public.mine (id int)",
                "CREATE TEMPORARY TABLE mine (id int)",
                "CREATE FUNCTION shop.evil() RETURNS int LANGUAGE sql AS 'DELETE FROM shop.shipments; SELECT 1'",
                "DROP TABLE shipments",
                "GRANT toolbox_rw TO toolbox_ro",
                "ALTER ROLE toolbox_ro SUPERUSER",
                "SELECT pg_read_file('/etc/passwd')",
                "COPY customers TO PROGRAM 'cat'",
                "SELECT 1; DELETE FROM shipments",
                "COMMIT; DELETE FROM shipments",
                "DO $$ BEGIN DELETE FROM shop.shipments; END $$"
            })
    void should_refuse_a_write_by_the_role_even_after_it_switched_read_only_off(String write) {
        long before = rows();
        try (RealToolbox toolbox = executing(postgres.toolboxEnvironment())) {
            McpCalls calls = new McpCalls(toolbox.url());
            assertFalse(calls.call("execute", Map.of("sql", "SET default_transaction_read_only = off"))
                    .isError());
            McpCalls.Answer answer = calls.call("execute", Map.of("sql", write));
            assertTrue(answer.isError(), answer.text());
        }
        assertEquals(before, rows());
    }

    private static long rows() {
        return (Long) postgres.query("SELECT (SELECT count(*) FROM shipments) + (SELECT count(*) FROM customers) AS n")
                .getFirst()
                .get("n");
    }

    @Test
    void should_show_that_the_same_attempt_gets_through_with_a_role_that_can_write() {
        try (RealToolbox toolbox = executing(postgres.writableToolboxEnvironment())) {
            McpCalls.Answer answer = new McpCalls(toolbox.url())
                    .call(
                            "execute",
                            Map.of(
                                    "sql",
                                    "WITH changed AS (UPDATE orders SET channel = channel RETURNING *) SELECT count(*) AS n FROM changed"));
            assertFalse(answer.isError(), answer.text());
            assertEquals(300, answer.rows().getFirst().get("n").intValue());
        }
    }

    @Test
    void should_not_start_with_a_certificate_of_another_authority() throws Exception {
        PostgresServer other = PostgresServer.startWithTls();
        try (other) {
            String error = startError(
                    Map.of("POSTGRES_SSLROOTCERT", other.toolboxEnvironment().get("POSTGRES_SSLROOTCERT")));
            assertTrue(error.contains("certificate"), error);
        }
        assertTrue(startError(Map.of("POSTGRES_SSLROOTCERT", "system")).contains("certificate"));
    }

    @Test
    void should_not_start_under_a_host_name_that_the_certificate_lacks() {
        String error = startError(Map.of("POSTGRES_HOST", "127.0.0.2"));
        assertTrue(error.contains("127.0.0.2"), error);
    }

    @Test
    void should_name_every_variable_that_is_missing() {
        String error = assertThrows(
                        IllegalStateException.class,
                        () -> RealToolbox.start(List.of(Project.toolboxConfig("tools.yaml")), Map.of())
                                .close())
                .getMessage();
        for (String name : List.of("POSTGRES_HOST", "POSTGRES_DATABASE", "POSTGRES_USER", "POSTGRES_PASSWORD")) {
            assertTrue(error.contains(name), error);
        }
    }

    @Test
    void should_stop_a_statement_after_five_seconds() throws Exception {
        var slow = Files.writeString(
                Project.target("test-tools").resolve("slow-in-production.yaml"),
                ToolsFile.read("tools.yaml").source() + "---\n"
                        + Files.readString(TestTools.slow()).split("---\n")[1].replace("source: test", "source: shop"));
        try (RealToolbox toolbox = RealToolbox.start(List.of(slow), postgres.toolboxEnvironment())) {
            long start = System.nanoTime();
            McpCalls.Answer answer = new McpCalls(toolbox.url()).call("slow", Map.of("seconds", 50));
            assertTrue(answer.isError() && answer.text().contains("statement timeout"), answer.text());
            assertTrue(System.nanoTime() - start < 29_000_000_000L);
        }
    }
}
