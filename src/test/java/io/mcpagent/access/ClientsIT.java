package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Await;
import io.mcpagent.support.Clients;
import io.mcpagent.support.Ran;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The clients that people use sign in as they do anywhere else, and understand a refusal. */
class ClientsIT {

    private static final String SPENT = "key-of-spent-90e1d2c3";
    private static final String FRONT_END = "key-of-front-end-41b6a2d7";
    private static final String FRONT_END_SECRET = "secret-of-the-front-end-for-tokens-3";

    @Test
    void should_let_each_client_in_and_refuse_it_in_a_way_that_it_understands() {
        Assumptions.assumeTrue(Clients.installed(), "Node.js with npm is not installed");
        try (Door door = new Door(Map.of())) {
            door.bedrock.always(Script.text("Hello."));
            Map<String, Object> keys = new HashMap<>(Door.keys());
            keys.put("spent", Map.of("sha256", List.of(KeySecret.hash(SPENT)), "requestsPerMinute", 3));
            Map<String, Object> frontEnd = Map.of("secret", FRONT_END_SECRET, "issuer", "open-webui");
            keys.put(
                    "front-end",
                    Map.of("sha256", KeySecret.hash(FRONT_END), "requestsPerMinute", 4, "frontEnd", frontEnd));
            door.secret.change(keys);
            Await.until(
                    "the key to work",
                    () -> door.agent.get("/v1/models", Door.key(SPENT)).statusCode() == 200);
            Ran ran = Clients.test(
                    "sign-in.test.mjs",
                    door.agent.url(""),
                    Map.of(
                            "AGENT_KEY",
                            Door.BILLING,
                            "OTHER_KEY",
                            Door.REPORTS,
                            "SPENT_KEY",
                            SPENT,
                            "FRONT_END_KEY",
                            FRONT_END,
                            "FRONT_END_SECRET",
                            FRONT_END_SECRET));
            assertEquals(0, ran.exit(), ran.output());
        }
    }
}
