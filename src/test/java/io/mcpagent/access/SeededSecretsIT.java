package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.PostgresServer;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.TestTools;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Secrets in every place that has some, every kind of failure, and then a look at all that came out. */
class SeededSecretsIT {

    private static final String AWS_SECRET = "SEEDEDawsSecretKey/0123456789abcdefghij";
    private static final String PROMPT = "SEEDED-prompt-9231: what does customer 7 owe?";
    private static final String ANSWER = "SEEDED-answer-5522";
    private static final String IDEMPOTENCY_KEY = "SEEDED-idempotency-771";

    private final List<String> answers = new ArrayList<>();
    private final Map<String, Integer> statuses = new LinkedHashMap<>();

    @Test
    void should_appear_in_no_answer_no_log_and_no_document() {
        Assumptions.assumeTrue(PostgresServer.available(), "needs PostgreSQL: apt-get install postgresql");
        try (PostgresServer postgres = PostgresServer.start();
                RealToolbox toolbox = RealToolbox.start(List.of(TestTools.execute()), postgres.toolboxEnvironment());
                Door door = new Door(Map.of(
                        "AWS_SECRET_ACCESS_KEY",
                        AWS_SECRET,
                        "MCP_URL",
                        toolbox.url().toString(),
                        "AGENT_TOOLS_ALLOW",
                        "execute",
                        "AGENT_MODEL_MAX_ATTEMPTS",
                        "1",
                        "AGENT_MODEL_BREAKER_FAILURES",
                        "1000",
                        "QUARKUS_LOG_CATEGORY__IO_MCPAGENT__LEVEL",
                        "DEBUG"))) {
            String token = door.issuer.token("ann");
            String forged = door.issuer.forged("SEEDED-mallory");
            goThroughEverything(door, postgres, token, forged);
            Map<String, String> outputs = new LinkedHashMap<>();
            outputs.put("the log", door.agent.log());
            // The agent names the address under which it was asked, where it says at which issuer people sign in.
            outputs.put(
                    "the answers",
                    String.join("\n", answers).replace("127.0.0.1:" + door.agent.port() + "/.well-known", "here/"));
            Map<String, String> secrets = secrets(token, forged);
            List<String> found = new ArrayList<>();
            outputs.forEach((output, text) -> secrets.forEach((name, secret) -> {
                if (text.contains(secret)) {
                    found.add(name + " in " + output);
                }
            }));
            // What was said in a conversation belongs into its answers, and nowhere else.
            for (String content : List.of(PROMPT, ANSWER, IDEMPOTENCY_KEY)) {
                if (outputs.get("the log").contains(content)) {
                    found.add(content + " in the log");
                }
            }
            for (String inside :
                    List.of("arn:aws", "Exception", "SEEDED-model", "io.mcpagent.", "127.0.0.1:", "toolbox_ro")) {
                if (outputs.get("the answers").contains(inside)) {
                    found.add(inside + " in the answers");
                }
            }
            System.out.printf(
                    "%d outputs of %d bytes searched for %d secrets; answers by kind: %s%n",
                    outputs.size(),
                    outputs.values().stream().mapToInt(String::length).sum(),
                    secrets.size(),
                    statuses);
            assertEquals(List.of(), found);
            assertEquals(200, statuses.get("no database"), statuses.toString());
            // The search would find them: it looks at what has these.
            assertTrue(
                    outputs.get("the answers").contains(ANSWER)
                            && outputs.get("the log").contains("A turn failed"),
                    outputs.get("the log"));
        }
    }

    private static Map<String, String> secrets(String token, String forged) {
        return Map.of(
                "the key",
                Door.BILLING,
                "the other key",
                Door.REPORTS,
                "the hash of the key",
                KeySecret.hash(Door.BILLING),
                "the wrong key",
                "SEEDED-wrong-key",
                "the token",
                token,
                "the token's signature",
                token.split("\\.")[2],
                "the forged token",
                forged.split("\\.")[2],
                "the AWS secret key",
                AWS_SECRET,
                "the database's password",
                PostgresServer.PASSWORD,
                "the wrong password",
                "SEEDED-basic");
    }

    private void goThroughEverything(Door door, PostgresServer postgres, String token, String forged) {
        String[] ann = {"Authorization", "Bearer " + token, "Idempotency-Key", IDEMPOTENCY_KEY};
        door.bedrock.always(Script.text(ANSWER));
        ask(door, "a plain turn", ann);
        ask(door, "a repeated turn", ann);
        ask(door, "by key", Door.key(Door.BILLING));
        ask(door, "by the other key", "Authorization", "Bearer " + Door.REPORTS, "Accept", "text/event-stream");
        ask(door, "wrong key", Door.key("SEEDED-wrong-key"));
        ask(door, "forged token", "Authorization", "Bearer " + forged);
        ask(door, "basic", "Authorization", "Basic SEEDED-basic");
        ask(door, "key in the path", Door.key("SEEDED-wrong-key"));
        for (String type : List.of(
                "AccessDeniedException",
                "ValidationException",
                "ThrottlingException",
                "InternalServerException",
                "ServiceUnavailableException",
                "ModelErrorException")) {
            door.bedrock.always(
                    Script.error(type, "User: arn:aws:iam::123456789012:user/SEEDED-model is not authorized"));
            ask(door, type, Door.key(Door.BILLING));
            ask(door, type + ", streamed", "X-API-Key", Door.BILLING, "Accept", "text/event-stream");
        }
        for (String sql : List.of(
                "SELECT * FROM nothing_here",
                "DELETE FROM orders",
                "SELECT 1/0",
                "SELECT current_setting('no.such')")) {
            door.bedrock.always(
                    Script.Rounds.of(Script.call("execute", "{\"sql\":\"" + sql + "\"}"), new Script.EchoResults()));
            ask(door, sql, Door.key(Door.BILLING));
        }
        postgres.stop();
        door.bedrock.always(
                Script.Rounds.of(Script.call("execute", "{\"sql\":\"SELECT 1\"}"), new Script.EchoResults()));
        ask(door, "no database", Door.key(Door.BILLING));
        for (String path : List.of(
                "/openapi",
                "/openapi?format=json",
                "/health",
                "/problems",
                "/chat",
                "/metrics",
                "/nothing?key=" + "x",
                "/chat/abc")) {
            keep(path, door.agent.get(path, Door.key(Door.BILLING)));
        }
        keep("not JSON", door.agent.post("/chat", "{\"message\":", Door.key(Door.BILLING)));
        keep("deleted", door.agent.delete("/chat/abc", Door.key(Door.BILLING)));
    }

    private void ask(Door door, String kind, String... headers) {
        keep(kind, door.agent.post("/chat", "{\"message\":\"" + PROMPT + "\"}", headers));
    }

    private void keep(String kind, HttpResponse<String> answer) {
        statuses.put(kind, answer.statusCode());
        answers.add(answer.headers().map() + "\n" + answer.body());
    }
}
