package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.TcpProxy;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An issuer that can't be reached while the agent starts, and later; and one that changes its keys. */
class IssuerOutageIT {

    @Test
    void should_start_without_its_issuer_and_say_503_until_tokens_can_be_checked_and_then_check_them_without_it() {
        try (TestIssuer issuer = TestIssuer.start();
                TcpProxy proxy = TcpProxy.to(URI.create(issuer.url()).getPort())) {
            proxy.refuse();
            String address = "http://127.0.0.1:" + proxy.port();
            try (AgentProcess agent = AgentProcess.start(Map.of(
                    "AGENT_ACCESS_OPEN",
                    "false",
                    "QUARKUS_OIDC_AUTH_SERVER_URL",
                    address,
                    "QUARKUS_OIDC_CLIENT_ID",
                    TestIssuer.AUDIENCE,
                    "QUARKUS_OIDC_TOKEN_ISSUER",
                    issuer.url(),
                    "QUARKUS_OIDC_DISCOVERY_ENABLED",
                    "false",
                    "QUARKUS_OIDC_JWKS_PATH",
                    "/keys"))) {
                String token = issuer.token("ann");
                var down = agent.get("/chat", "Authorization", "Bearer " + token);
                assertEquals(503, down.statusCode(), down.body());
                assertTrue(down.body().contains("/problems/sign-in-unavailable"), down.body());
                assertEquals(200, agent.get("/health").statusCode());
                assertEquals(401, agent.get("/chat").statusCode());
                proxy.pass();
                Await.until(
                        "tokens to be taken",
                        () -> agent.get("/chat", "Authorization", "Bearer " + token)
                                        .statusCode()
                                == 200);
                proxy.refuse();
                proxy.resetConnections();
                assertEquals(
                        200,
                        agent.get("/chat", "Authorization", "Bearer " + issuer.token("bob"))
                                .statusCode());
            }
        }
    }

    @Test
    void should_take_a_new_key_within_seconds_end_what_the_old_one_signed_and_not_ask_for_each_unknown_key() {
        try (TestIssuer issuer = TestIssuer.start();
                AgentProcess often = startWithKeysReadEvery("1s", issuer);
                AgentProcess whenAsked = startWithKeysReadEvery("1h", issuer)) {
            String old = issuer.token("ann");
            assertEquals(200, status(often, old));
            assertEquals(200, status(whenAsked, old));
            issuer.rotate();
            long rotated = System.nanoTime();
            Await.until("the old key's token to be refused", () -> status(often, old) == 401);
            System.out.printf("withdrawn within %d ms%n", (System.nanoTime() - rotated) / 1_000_000);
            assertEquals(200, status(often, issuer.token("ann")));
            Await.until("the new key's token to be taken", () -> status(whenAsked, issuer.token("ann")) == 200);
            assertEquals(401, status(whenAsked, old));

            int before = issuer.requests();
            long began = System.nanoTime();
            for (int i = 0; i < 200; i++) {
                assertEquals(401, status(whenAsked, issuer.ofUnknownKey("ann")));
            }
            long seconds = (System.nanoTime() - began) / 1_000_000_000;
            // The other agent asks, too, and each at most once in five seconds.
            assertTrue(issuer.requests() - before <= 2 * (seconds / 5 + 2), issuer.requests() - before + " requests");
        }
    }

    private static AgentProcess startWithKeysReadEvery(String refresh, TestIssuer issuer) {
        Map<String, String> settings = new HashMap<>(issuer.settings());
        settings.put("AGENT_ACCESS_OPEN", "false");
        settings.put("AGENT_ACCESS_ISSUER_KEYS_REFRESH", refresh);
        return AgentProcess.start(settings);
    }

    private static int status(AgentProcess agent, String token) {
        return agent.get("/chat", "Authorization", "Bearer " + token).statusCode();
    }
}
