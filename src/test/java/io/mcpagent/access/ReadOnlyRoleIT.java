package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.PostgresServer;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.TestTools;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Writes through a tool that only reads: the database's own role is the wall, and the caller sees a clean error. */
class ReadOnlyRoleIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern LEAK = Pattern.compile(
            "127\\.0\\.0\\.1|toolbox_ro|shop_owner|p@ss|password=|postgres://|Exception|panic|goroutine");
    private static final List<String> WRITES = List.of(
            "WITH gone AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM gone",
            "SELECT shop.cancel_everything()",
            "SELECT setval(pg_get_serial_sequence('counted', 'id'), 1)",
            "COMMIT; BEGIN READ WRITE; DELETE FROM order_items; COMMIT",
            "ROLLBACK; SET default_transaction_read_only = off; UPDATE orders SET status = 'cancelled'",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; DELETE FROM order_items",
            "SET ROLE shop_owner; DELETE FROM order_items",
            "SET SESSION AUTHORIZATION shop_owner; DELETE FROM order_items",
            "DO $$ BEGIN EXECUTE 'DELETE FROM order_items'; END $$",
            "COPY orders TO PROGRAM 'id'",
            "SELECT lo_import('/etc/passwd')",
            "CREATE TABLE shop.mine AS SELECT 1 AS one",
            "TRUNCATE order_items",
            "GRANT ALL ON ALL TABLES IN SCHEMA shop TO toolbox_ro");

    @Test
    void should_be_refused_by_the_database_and_told_as_a_clean_tool_error() throws Exception {
        Assumptions.assumeTrue(PostgresServer.available(), "needs PostgreSQL: apt-get install postgresql");
        try (PostgresServer postgres = PostgresServer.start()) {
            postgres.execute("""
                    CREATE FUNCTION shop.cancel_everything() RETURNS void LANGUAGE sql AS $$ UPDATE shop.orders SET status = 'cancelled' $$;
                    CREATE TABLE shop.counted (id serial);
                    GRANT SELECT ON shop.counted TO toolbox_ro""");
            String before = state(postgres);
            try (RealToolbox toolbox = RealToolbox.start(List.of(TestTools.execute()), postgres.toolboxEnvironment());
                    LocalBedrock bedrock = LocalBedrock.start(0);
                    AgentProcess agent = AgentProcess.start(Map.of(
                            "MCP_URL",
                            toolbox.url().toString(),
                            "AGENT_TOOLS_ALLOW",
                            "execute",
                            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                            bedrock.uri().toString()))) {
                bedrock.always(Script.Rounds.of(
                        Script.call("execute", "{\"sql\":\"SELECT 1 AS one\"}"), new Script.EchoResults()));
                assertEquals(
                        "ok",
                        ask(agent).path("toolCalls").path(0).path("outcome").asText());
                for (String sql : WRITES) {
                    bedrock.always(Script.Rounds.of(
                            Script.call("execute", JSON.createObjectNode().put("sql", sql)), new Script.EchoResults()));
                    JsonNode reply = ask(agent);
                    System.out.println(sql + " → " + reply.path("answer").asText());
                    assertEquals(
                            "error",
                            reply.path("toolCalls").path(0).path("outcome").asText(),
                            sql);
                    assertEquals("completed", reply.path("outcome").asText(), sql);
                    assertFalse(
                            LEAK.matcher(reply.path("answer").asText()).find(),
                            reply.path("answer").asText());
                    assertEquals(before, state(postgres), sql);
                }
            }
        }
    }

    private static String state(PostgresServer postgres) {
        return postgres.query(
                        "SELECT count(*) AS n, md5(string_agg(o::text, ',' ORDER BY order_id)) AS all FROM orders o")
                + " " + postgres.query("SELECT count(*) AS n FROM order_items")
                + postgres.query("SELECT last_value FROM counted_id_seq")
                + postgres.query("SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'shop'");
    }

    private static JsonNode ask(AgentProcess agent) throws Exception {
        return JSON.readTree(agent.post("/chat", "{\"message\":\"go\"}").body());
    }
}
