package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ways to credentials for which the AWS SDK has modules of its own, which it looks up by name: roles, web identities, IAM Identity Center.
 * The fake AWS gives out credentials whose session token names the way.
 */
class AwsIdentitiesIT {

    private static final String SESSION = "my-sso";
    private static final String CONFIG = """
            [profile source]
            aws_access_key_id = AKIDSOURCE
            aws_secret_access_key = secret
            [profile role]
            role_arn = arn:aws:iam::123456789012:role/agent
            source_profile = source
            [profile web]
            role_arn = arn:aws:iam::123456789012:role/agent
            web_identity_token_file = %s
            [profile sso]
            sso_session = my-sso
            sso_account_id = 123456789012
            sso_role_name = agent
            [sso-session my-sso]
            sso_region = us-east-1
            sso_start_url = https://example.awsapps.com/start
            sso_registration_scopes = sso:account:access
            """;

    @TempDir
    private Path home;

    private Path token;
    private HttpServer aws;
    private LocalBedrock bedrock;

    @BeforeEach
    void start() throws Exception {
        token = Files.writeString(home.resolve("token"), "web-identity-token");
        Files.writeString(home.resolve("config"), CONFIG.formatted(token));
        aws = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        aws.createContext("/", AwsIdentitiesIT::answer);
        aws.start();
        bedrock = LocalBedrock.start(0);
        bedrock.always(Script.text("Hello."));
    }

    @AfterEach
    void end() {
        bedrock.close();
        aws.stop(0);
    }

    @Test
    void should_sign_as_the_role_of_a_profile() {
        assertEquals("AssumeRole", sessionToken(Map.of("AWS_PROFILE", "role")));
    }

    @Test
    void should_sign_as_the_web_identity_of_a_profile_and_of_the_environment() {
        assertEquals("AssumeRoleWithWebIdentity", sessionToken(Map.of("AWS_PROFILE", "web")));
        assertEquals(
                "AssumeRoleWithWebIdentity",
                sessionToken(Map.of(
                        "AWS_ROLE_ARN",
                        "arn:aws:iam::123456789012:role/agent",
                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                        token.toString())));
    }

    @Test
    void should_sign_as_who_signed_in_at_iam_identity_center() throws Exception {
        cacheToken(Instant.now().plusSeconds(3_600));
        assertEquals("GetRoleCredentials with fresh", sessionToken(Map.of("AWS_PROFILE", "sso")));
        // Its time is over: a new one is got for the refresh token.
        cacheToken(Instant.now().minusSeconds(60));
        assertEquals("GetRoleCredentials with refreshed", sessionToken(Map.of("AWS_PROFILE", "sso")));
    }

    private void cacheToken(Instant end) throws Exception {
        Path cache = Files.createDirectories(home.resolve(".aws/sso/cache"));
        String name = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-1").digest(SESSION.getBytes(StandardCharsets.UTF_8)));
        Files.writeString(
                cache.resolve(name + ".json"), """
                        {"startUrl": "https://example.awsapps.com/start", "region": "us-east-1", "accessToken": "fresh", "expiresAt": "%s",
                         "clientId": "id", "clientSecret": "secret", "registrationExpiresAt": "%s", "refreshToken": "refresh"}
                        """.formatted(end, Instant.now().plusSeconds(7_200)));
    }

    private String sessionToken(Map<String, String> way) {
        bedrock.reset();
        bedrock.always(Script.text("Hello."));
        String url = "http://127.0.0.1:" + aws.getAddress().getPort();
        Map<String, String> settings = new HashMap<>(Map.of(
                "HOME",
                home.toString(),
                "AWS_CONFIG_FILE",
                home.resolve("config").toString(),
                "AWS_SHARED_CREDENTIALS_FILE",
                home.resolve("absent").toString(),
                "AWS_ENDPOINT_URL_STS",
                url,
                "AWS_ENDPOINT_URL_SSO",
                url,
                "AWS_ENDPOINT_URL_SSO_OIDC",
                url,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                bedrock.uri().toString(),
                "MCP_URL",
                "http://127.0.0.1:9/mcp"));
        settings.put("AWS_ACCESS_KEY_ID", "");
        settings.put("AWS_SECRET_ACCESS_KEY", "");
        settings.putAll(way);
        try (AgentProcess agent = AgentProcess.start(settings)) {
            var answer = agent.post("/chat", "{\"message\":\"hello\"}");
            assertEquals(200, answer.statusCode(), () -> answer.body() + agent.log());
        }
        return bedrock.requests().getFirst().headers().get("x-amz-security-token");
    }

    private static void answer(HttpExchange http) throws IOException {
        String form = new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String action = form.replaceAll("(?s).*\\bAction=(\\w+).*", "$1");
        Instant end = Instant.now().plusSeconds(3_600);
        String body = switch (http.getRequestURI().getPath()) {
            case "/token" -> """
                    {"accessToken": "refreshed", "expiresIn": 3600, "tokenType": "Bearer", "refreshToken": "next"}""";
            case "/federation/credentials" ->
                """
                    {"roleCredentials": {"accessKeyId": "AKID", "secretAccessKey": "s", "sessionToken": "GetRoleCredentials with %s", "expiration": %d}}""".formatted(http.getRequestHeaders().getFirst("x-amz-sso_bearer_token"), end.toEpochMilli());
            default -> """
                    <%1$sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%1$sResult><Credentials><AccessKeyId>AKID</AccessKeyId>\
                    <SecretAccessKey>s</SecretAccessKey><SessionToken>%1$s</SessionToken><Expiration>%2$s</Expiration></Credentials>\
                    </%1$sResult></%1$sResponse>""".formatted(action, end);
        };
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        http.getResponseHeaders().set("Content-Type", body.startsWith("<") ? "text/xml" : "application/json");
        http.sendResponseHeaders(200, bytes.length);
        http.getResponseBody().write(bytes);
        http.close();
    }
}
