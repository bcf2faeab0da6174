package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.TcpProxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An issuer that can't be reached while the agent starts, and later. */
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
}
