package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.MotoServer;
import io.mcpagent.support.TcpProxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys in moto's Secrets Manager, behind a proxy that fails. */
class KeyRotationIT {

    private static final Duration REFRESH = Duration.ofSeconds(1);

    private MotoServer moto;
    private KeySecret secret;
    private TcpProxy proxy;
    private LocalBedrock bedrock;
    private AgentProcess agent;

    @BeforeEach
    void start() {
        moto = MotoServer.empty();
        secret = new KeySecret(moto);
        proxy = TcpProxy.to("127.0.0.1", moto.port());
        bedrock = LocalBedrock.start(0);
    }

    @AfterEach
    void end() {
        if (agent != null) {
            agent.close();
        }
        bedrock.close();
        proxy.close();
        secret.close();
    }

    private void startAgent(String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "AGENT_ACCESS_OPEN",
                "false",
                "AGENT_ACCESS_API_KEYS_SECRET",
                KeySecret.NAME,
                "AGENT_ACCESS_API_KEYS_REFRESH",
                REFRESH.toSeconds() + "s",
                "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                "http://127.0.0.1:" + proxy.port(),
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                bedrock.uri().toString(),
                "MCP_URL",
                "http://127.0.0.1:9/mcp"));
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        agent = AgentProcess.start(settings);
    }

    private int status(String key) {
        return agent.get("/chat", "X-API-Key", key).statusCode();
    }

    @Test
    void should_take_the_new_key_and_refuse_the_old_one_within_the_refresh_time() {
        secret.create(Map.of("billing", KeySecret.hash("old"), "other", KeySecret.hash("stays")));
        startAgent();
        assertEquals(200, status("old"));
        assertEquals(401, status("new"));
        secret.change(Map.of("billing", KeySecret.hash("new"), "other", KeySecret.hash("stays")));
        long changed = System.nanoTime();
        Await.until("the new key to work", () -> status("new") == 200);
        System.out.printf(
                "rotated within %d ms, refresh is %d ms%n",
                (System.nanoTime() - changed) / 1_000_000, REFRESH.toMillis());
        assertEquals(401, status("old"));
        assertEquals(200, status("stays"));
    }

    @Test
    void should_take_both_keys_while_one_replaces_the_other() {
        secret.create(Map.of("billing", Map.of("sha256", List.of(KeySecret.hash("old"), KeySecret.hash("new")))));
        startAgent();
        assertEquals(200, status("old"));
        assertEquals(200, status("new"));
    }

    @Test
    void should_go_on_with_the_last_good_keys_while_secrets_manager_fails_or_says_nonsense() {
        secret.create(Map.of("billing", KeySecret.hash("good")));
        startAgent();
        for (Runnable fault : List.<Runnable>of(
                proxy::refuse,
                proxy::hang,
                proxy::resetConnections,
                () -> secret.changeTo("{\"billing\": \"SEEDED-not-a-hash\"}"),
                () -> secret.changeTo("SEEDED-nonsense {"))) {
            proxy.pass();
            fault.run();
            // Long enough for at least two reads to fail.
            for (long end = System.nanoTime() + REFRESH.multipliedBy(3).toNanos();
                    System.nanoTime() < end;
                    LockSupport.parkNanos(100_000_000)) {
                assertEquals(200, status("good"));
            }
            assertEquals(401, status("bad"));
        }
        proxy.pass();
        secret.change(Map.of("billing", KeySecret.hash("next")));
        Await.until("the next key to work", () -> status("next") == 200);
        assertFalse(agent.log().contains("SEEDED"), agent.log());
        assertTrue(agent.log().contains("stay valid"), agent.log());
    }

    @Test
    void should_end_the_keys_of_a_deleted_secret_and_say_so() {
        secret.create(Map.of("billing", KeySecret.hash("good"), "unset", KeySecret.hash("")));
        startAgent();
        assertEquals(200, status("good"));
        assertEquals(401, status(""));
        assertTrue(agent.log().contains("hash of an empty text at unset"), agent.log());
        secret.delete();
        Await.until("the key to end", () -> status("good") == 401);
        assertTrue(agent.log().contains("marked for deletion. ALL API KEYS HAVE STOPPED WORKING"), agent.log());
        secret.restore();
        Await.until("the key to be back", () -> status("good") == 200);
    }

    @Test
    void should_start_without_secrets_manager_and_say_503_until_it_knows_the_keys() {
        secret.create(Map.of("billing", KeySecret.hash("good")));
        proxy.refuse();
        startAgent();
        assertEquals(503, status("good"));
        assertEquals(
                "5",
                agent.get("/chat", "X-API-Key", "good")
                        .headers()
                        .firstValue("Retry-After")
                        .orElseThrow());
        assertEquals(401, agent.get("/chat").statusCode());
        assertEquals(200, agent.get("/health/ready").statusCode());
        proxy.pass();
        Await.until("the key to work", () -> status("good") == 200);
    }

    @Test
    void should_hold_a_key_to_its_own_limits() {
        secret.create(Map.of(
                "billing",
                Map.of("sha256", KeySecret.hash("small"), "requestsPerMinute", 3),
                "other",
                KeySecret.hash("big")));
        startAgent();
        for (int i = 0; i < 3; i++) {
            assertEquals(200, status("small"));
        }
        var refused = agent.get("/chat", "X-API-Key", "small");
        assertEquals(429, refused.statusCode());
        assertTrue(refused.body().contains("/problems/rate-limited"), refused.body());
        assertTrue(Integer.parseInt(refused.headers().firstValue("Retry-After").orElseThrow()) <= 20);
        assertEquals(
                "\"requests\";q=3;w=60",
                refused.headers().firstValue("RateLimit-Policy").orElseThrow());
        assertTrue(refused.headers().firstValue("RateLimit").orElseThrow().matches("\"requests\";r=0;t=\\d+"));
        assertEquals(200, status("big"));
    }

    @Test
    void should_refuse_to_start_without_any_way_to_sign_in_and_name_the_settings() {
        var failure = assertThrows(
                IllegalStateException.class, () -> AgentProcess.start(Map.of("AGENT_ACCESS_OPEN", "false")));
        for (String setting : List.of(
                "quarkus.oidc.auth-server-url",
                "quarkus.oidc.client-id",
                "agent.access.api-keys-secret",
                "agent.access.open")) {
            assertTrue(failure.getMessage().contains(setting), failure.getMessage());
        }
        failure = assertThrows(
                IllegalStateException.class,
                () -> AgentProcess.start(Map.of("QUARKUS_OIDC_AUTH_SERVER_URL", "http://127.0.0.1:9")));
        assertTrue(failure.getMessage().contains("quarkus.oidc.token.audience"), failure.getMessage());
    }
}
