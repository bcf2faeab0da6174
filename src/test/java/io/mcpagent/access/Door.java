package io.mcpagent.access;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.MotoServer;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The packaged agent that takes tokens of a {@link TestIssuer} and keys of a {@link KeySecret}, with a scripted model and without tools. */
final class Door implements AutoCloseable {

    static final String BILLING = "key-of-billing-5f1c7a90";
    static final String REPORTS = "key-of-reports-77aa01bb";
    /** Of front ends; the second one is served without a person's token, too. */
    static final String UI = "key-of-open-webui-3c9d1e20";

    static final String PORTAL = "key-of-portal-b81f6a35";
    static final String UI_SECRET = "secret-of-open-webui-for-its-tokens-1";
    static final String PORTAL_SECRET = "secret-of-the-portal-for-its-tokens-2";
    static final String PERSON_HEADER = "X-OpenWebUI-User-Jwt";

    final MotoServer moto = MotoServer.empty();
    final TestIssuer issuer = TestIssuer.start();
    final LocalBedrock bedrock = LocalBedrock.start(0);
    final KeySecret secret = new KeySecret(moto);
    final AgentProcess agent;

    Door(Map<String, String> more) {
        secret.create(keys());
        Map<String, String> settings = new HashMap<>(issuer.settings());
        settings.putAll(Map.of(
                "AGENT_ACCESS_OPEN",
                "false",
                "AGENT_ACCESS_API_KEYS_SECRET",
                KeySecret.NAME,
                "AGENT_ACCESS_API_KEYS_REFRESH",
                "1s",
                "AGENT_ACCESS_REQUESTS_PER_MINUTE",
                "1000000",
                "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                moto.url().toString(),
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                bedrock.uri().toString(),
                "MCP_URL",
                "http://127.0.0.1:9/mcp"));
        settings.putAll(more);
        agent = AgentProcess.start(settings);
    }

    static Map<String, Object> keys() {
        return Map.of(
                "billing",
                KeySecret.hash(BILLING),
                "reports",
                Map.of("sha256", List.of(KeySecret.hash(REPORTS))),
                "ui",
                Map.of("sha256", KeySecret.hash(UI), "frontEnd", Map.of("secret", UI_SECRET, "issuer", "open-webui")),
                "portal",
                Map.of(
                        "sha256",
                        KeySecret.hash(PORTAL),
                        "frontEnd",
                        Map.of("secret", PORTAL_SECRET, "issuer", "open-webui", "withoutToken", "serve")));
    }

    /** The headers with which a front end asks for a person. */
    static String[] person(String key, String secret, String subject) {
        return new String[] {"Authorization", "Bearer " + key, PERSON_HEADER, TestIssuer.hmac(vouched(subject), secret)
        };
    }

    /** The claims of a good token of Open WebUI. */
    static Map<String, Object> vouched(String subject) {
        long now = Instant.now().getEpochSecond();
        return Map.of("sub", subject, "role", "user", "iss", "open-webui", "iat", now, "exp", now + 300);
    }

    /** The header that signs a person in. */
    String[] person(String subject) {
        return new String[] {"Authorization", "Bearer " + issuer.token(subject)};
    }

    /** The header that signs a service in. */
    static String[] key(String key) {
        return new String[] {"X-API-Key", key};
    }

    @Override
    public void close() {
        agent.close();
        bedrock.close();
        secret.close();
        issuer.close();
    }
}
