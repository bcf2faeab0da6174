package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.audit.AuditCommand;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may come in: every endpoint with every kind of bad credential, on the package. */
class SignInIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final List<String> OPEN = List.of(
            "GET /health",
            "GET /health/live",
            "GET /health/ready",
            "GET /",
            "GET /sign-in.json",
            "GET /.well-known/oauth-protected-resource",
            "GET /.well-known/oauth-protected-resource/mcp",
            "GET /page/app.js");
    private static Door door;

    @BeforeAll
    static void start() {
        door = new Door(Map.of("AGENT_AUDIT_AUDITORS", "key:reports"));
        door.bedrock.always(Script.text("Hello."));
    }

    @AfterAll
    static void end() {
        door.close();
    }

    @Test
    void should_answer_nothing_but_health_and_the_page_itself_to_whoever_is_not_verified() throws Exception {
        List<String> wrong = new ArrayList<>();
        int asked = 0;
        long turns = door.bedrock.requestCount();
        List<String> endpoints = endpoints();
        Map<String, String[]> bad = badCredentials();
        for (String endpoint : endpoints) {
            for (Map.Entry<String, String[]> credential : bad.entrySet()) {
                HttpResponse<String> answer = ask(endpoint, credential.getValue());
                asked++;
                boolean ok = OPEN.contains(endpoint)
                        ? answer.statusCode() == 200
                        : endpoint.startsWith("HEAD ") ? answer.statusCode() == 401 : isRefusal(answer);
                if (!ok) {
                    wrong.add(endpoint + " with " + credential.getKey() + ": " + answer.statusCode() + " "
                            + answer.body());
                }
            }
        }
        System.out.printf("%d endpoints × %d bad credentials = %d requests%n", endpoints.size(), bad.size(), asked);
        assertTrue(endpoints.size() >= 15 && bad.size() >= 15, endpoints.toString());
        assertEquals(List.of(), wrong);
        assertEquals(turns, door.bedrock.requestCount());
    }

    private static boolean isRefusal(HttpResponse<String> answer) throws IOException {
        return answer.statusCode() == 401
                && answer.headers().firstValue("WWW-Authenticate").orElse("").startsWith("Bearer realm=")
                && switch (answer.uri().getPath().replaceAll("^/(v1(?=/)|mcp$)?.*", "$1")) {
                    case "v1" -> isOpenAiError(answer);
                    case "mcp" ->
                        JSON.readTree(answer.body())
                                .path("error")
                                .path("data")
                                .path("type")
                                .asText()
                                .equals("/problems/unauthorized");
                    default -> isProblem(answer);
                };
    }

    private static boolean isOpenAiError(HttpResponse<String> answer) throws IOException {
        JsonNode error = JSON.readTree(answer.body()).path("error");
        return error.path("code").asText().equals("invalid_api_key")
                && error.path("trace_id").asText().matches("[0-9a-f]{32}");
    }

    private static boolean isProblem(HttpResponse<String> answer) throws IOException {
        return answer.headers().firstValue("Content-Type").orElse("").equals("application/problem+json")
                && JSON.readTree(answer.body()).path("type").asText().equals("/problems/unauthorized")
                && JSON.readTree(answer.body()).path("traceId").asText().matches("[0-9a-f]{32}");
    }

    @Test
    void should_let_a_token_and_a_key_in_by_either_header() {
        assertEquals(200, ask("GET /chat", door.person("ann")).statusCode());
        assertEquals(200, ask("GET /chat", Door.key(Door.BILLING)).statusCode());
        assertEquals(
                200, ask("GET /chat", "Authorization", "Bearer " + Door.REPORTS).statusCode());
        assertEquals(200, ask("GET /openapi", door.person("ann")).statusCode());
    }

    /** Who holds a credential may hear what is wrong with it; who made one up hears nothing. */
    @Test
    void should_say_what_is_wrong_with_credentials() throws IOException {
        Map<String, String> said = new LinkedHashMap<>();
        said.put("an expired token", "expired");
        said.put("a token for the wrong audience", "audience");
        said.put("a token of the wrong issuer", "another issuer");
        said.put("a good key and a token", "one credential");
        said.put("a foreign key", "API key is not known");
        said.put("a forged token", "credentials are not valid");
        said.put("a foreign token", "credentials are not valid");
        Map<String, String[]> bad = badCredentials();
        for (Map.Entry<String, String> each : said.entrySet()) {
            HttpResponse<String> answer = ask("GET /chat", bad.get(each.getKey()));
            String detail = JSON.readTree(answer.body()).path("detail").asText();
            assertTrue(detail.contains(each.getValue()), each.getKey() + ": " + detail);
        }
    }

    /** An editor that only knows the address of the MCP server finds the issuer; with a mistyped key it is not sent there. */
    @Test
    void should_tell_editors_where_people_sign_in() throws IOException {
        HttpResponse<String> nobody = ask("POST /mcp");
        String challenge = nobody.headers().firstValue("WWW-Authenticate").orElse("");
        String metadata = challenge.replaceAll(".*resource_metadata=\"([^\"]*)\".*", "$1");
        assertTrue(metadata.endsWith("/.well-known/oauth-protected-resource/mcp"), challenge);
        JsonNode told =
                JSON.readTree(ask("GET " + URI.create(metadata).getPath()).body());
        assertTrue(told.path("resource").asText().endsWith("/mcp"), told::toString);
        assertEquals(
                door.issuer.url(), told.path("authorization_servers").path(0).asText());
        assertEquals(404, ask("GET /.well-known/oauth-protected-resource/other").statusCode());
        String key = ask("POST /mcp", Door.key("key-of-somebody-else"))
                .headers()
                .firstValue("WWW-Authenticate")
                .orElse("");
        assertTrue(key.contains("The API key is not known") && !key.contains("resource_metadata"), key);
    }

    @Test
    void should_keep_the_conversations_of_people_and_services_apart_even_if_they_have_the_same_name()
            throws IOException {
        List<String[]> callers = List.of(
                door.person("billing"),
                door.person("key:billing"),
                Door.key(Door.BILLING),
                Door.key(Door.REPORTS),
                door.person("anonymous"),
                Door.person(Door.UI, Door.UI_SECRET, "billing"),
                Door.person(Door.PORTAL, Door.PORTAL_SECRET, "billing"),
                Door.person(Door.UI, Door.UI_SECRET, "ann:billing"),
                Door.key(Door.PORTAL));
        for (String[] owner : callers) {
            JsonNode reply = JSON.readTree(
                    door.agent.post("/chat", "{\"message\":\"hello\"}", owner).body());
            String id = reply.path("conversationId").asText();
            assertFalse(id.isEmpty(), reply.toString());
            for (String[] other : callers) {
                assertEquals(
                        other == owner ? 200 : 404,
                        door.agent.get("/chat/" + id, other).statusCode());
            }
        }
    }

    @Test
    void should_never_ask_the_issuer_about_what_is_no_jwt() {
        ask("GET /chat", door.person("ann"));
        int before = door.issuer.requests();
        for (int i = 0; i < 50; i++) {
            assertEquals(
                    401, ask("GET /chat", "Authorization", "Bearer opaque-" + i).statusCode());
        }
        assertEquals(before, door.issuer.requests());
    }

    @Test
    void should_name_the_trace_that_the_request_belongs_to() throws IOException {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assertEquals(
                trace,
                JSON.readTree(ask("GET /chat", "traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
                                .body())
                        .path("traceId")
                        .asText());
        assertEquals(
                "5759e988bd862e3fe1be46a994272793",
                JSON.readTree(ask(
                                        "GET /nothing",
                                        "X-API-Key",
                                        Door.BILLING,
                                        "X-Amzn-Trace-Id",
                                        "Self=1-1-1;Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
                                .body())
                        .path("traceId")
                        .asText());
        assertNotEquals(
                "0".repeat(32),
                JSON.readTree(ask("GET /chat", "traceparent", "00-" + "0".repeat(32) + "-00f067aa0ba902b7-01")
                                .body())
                        .path("traceId")
                        .asText());
    }

    @Test
    void should_show_auditors_alone_who_did_what_and_who_could_not_come_in() throws IOException {
        String id = JSON.readTree(door.agent
                        .post("/chat", "{\"message\":\"hello\"}", Door.key(Door.BILLING))
                        .body())
                .path("conversationId")
                .asText();
        ask("DELETE /chat/" + id, Door.key(Door.BILLING));
        Await.until("a failed sign-in to be recorded", () -> {
            ask("GET /chat", Door.key("key-of-somebody-else"));
            return door.agent.get("/audit", Door.key(Door.REPORTS)).body().contains("\"sign_in_failed\"");
        });
        assertEquals(403, door.agent.get("/audit", Door.key(Door.BILLING)).statusCode());
        JsonNode found = JSON.readTree(door.agent
                        .get("/audit?caller=key:billing&conversation=" + id, Door.key(Door.REPORTS))
                        .body())
                .path("records");
        assertEquals(
                1,
                found.size(),
                () -> door.agent
                        .get("/audit?caller=key:billing", Door.key(Door.REPORTS))
                        .body());
        assertEquals("deletion", found.path(0).path("kind").asText());
        assertEquals(
                400,
                door.agent.get("/audit?from=yesterday", Door.key(Door.REPORTS)).statusCode());
        HttpResponse<String> export = ask("GET /audit", "X-API-Key", Door.REPORTS, "Accept", "application/jsonl");
        assertEquals(
                "application/jsonl", export.headers().firstValue("Content-Type").orElse(""));
        assertTrue(export.body().contains("\"rights_denied\""), export.body());
        Path file = Files.writeString(Files.createTempFile("audit", ".jsonl"), export.body());
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        assertEquals(
                0, AuditCommand.run(List.of("verify", file.toString()), new PrintStream(said, true)), said.toString());
    }

    private static Map<String, String[]> badCredentials() {
        Map<String, String[]> bad = new LinkedHashMap<>();
        long now = Instant.now().getEpochSecond();
        bad.put("nothing", new String[0]);
        bad.put("an expired token", bearer(door.issuer.token(changed("exp", now - 60))));
        bad.put("a token that is not valid yet", bearer(door.issuer.token(changed("nbf", now + 300))));
        bad.put("a token without an end", bearer(door.issuer.token(changed("exp", null))));
        bad.put("a token without a subject", bearer(door.issuer.token(changed("sub", null))));
        bad.put("a token with a blank subject", bearer(door.issuer.token(changed("sub", " \t"))));
        bad.put("a token with an invisible subject", bearer(door.issuer.token(changed("sub", "\u200b\u2060\u0000"))));
        bad.put("a token with an empty subject", bearer(door.issuer.token(changed("sub", ""))));
        bad.put("a token with a list as its subject", bearer(door.issuer.token(changed("sub", List.of("ann")))));
        bad.put("a token with a blank in a list", bearer(door.issuer.token(changed("sub", List.of(" ")))));
        bad.put("a token with a number as its subject", bearer(door.issuer.token(changed("sub", 7))));
        bad.put("a token with an object as its subject", bearer(door.issuer.token(changed("sub", Map.of("a", "ann")))));
        bad.put("a token of an unknown key", bearer(door.issuer.ofUnknownKey("ann")));
        bad.put("a forged token", bearer(door.issuer.forged("ann")));
        bad.put("alg none", bearer(door.issuer.unsigned("ann")));
        bad.put(
                "alg none with the signature of another",
                bearer(door.issuer.unsigned("ann") + door.issuer.token("ann").split("\\.")[2]));
        bad.put("a token signed by HMAC with the public key", bearer(door.issuer.confused("ann")));
        bad.put("a token of the wrong issuer", bearer(door.issuer.token(changed("iss", "http://127.0.0.1:1"))));
        bad.put("a token for the wrong audience", bearer(door.issuer.token(changed("aud", "another-service"))));
        bad.put("a token for no audience", bearer(door.issuer.token(changed("aud", null))));
        bad.put("a token with changed claims", bearer(tampered()));
        try (TestIssuer stranger = TestIssuer.start()) {
            bad.put("a foreign token", bearer(stranger.token("ann")));
        }
        bad.put("a foreign key", Door.key("key-of-somebody-else"));
        bad.put("a foreign key as a bearer", bearer("key-of-somebody-else"));
        bad.put("the hash of a key", Door.key(KeySecret.hash(Door.BILLING)));
        bad.put("a key and something behind it", Door.key(Door.BILLING + "x"));
        bad.put("an empty key", Door.key(""));
        bad.put("a blank key", Door.key(" "));
        bad.put("the name of a key", Door.key("billing"));
        bad.put("basic authentication", new String[] {"Authorization", "Basic YmlsbGluZzpiaWxsaW5n"});
        bad.put(
                "a good key and a token",
                new String[] {"X-API-Key", Door.BILLING, "Authorization", "Bearer " + door.issuer.token("ann")});
        bad.put("two tokens", new String[] {
            "Authorization", bearer(door.issuer.token("ann"))[1], "Authorization", bearer(door.issuer.token("bob"))[1]
        });
        bad.put("two tokens in one", bearer(door.issuer.token("ann") + ", Bearer " + door.issuer.token("bob")));
        bad.put("two keys", new String[] {"X-API-Key", Door.BILLING, "X-API-Key", Door.REPORTS});
        bad.put("two keys in one", Door.key(Door.BILLING + ", " + Door.REPORTS));
        bad.put("a key and an empty one", new String[] {"X-API-Key", Door.BILLING, "X-API-Key", ""});
        bad.put("a good token as a key", Door.key(door.issuer.token("ann")));
        bad.put("a front end's key alone", Door.key(Door.UI));
        bad.put("a front end's key with a name that nobody signed", new String[] {
            "X-API-Key", Door.UI, "X-OpenWebUI-User-Id", "ann", "X-OpenWebUI-User-Email", "ann@example.com"
        });
        bad.put("a person whom the front end did not sign", Door.person(Door.UI, "x".repeat(40), "ann"));
        bad.put("a person of another front end", Door.person(Door.UI, Door.PORTAL_SECRET, "ann"));
        bad.put("a person without a name", Door.person(Door.UI, Door.UI_SECRET, " "));
        bad.put(
                "a person's token that is none, where none is needed",
                new String[] {"X-API-Key", Door.PORTAL, Door.PERSON_HEADER, "x.y.z"});
        bad.put("a person's token that is empty", new String[] {"X-API-Key", Door.UI, Door.PERSON_HEADER, ""});
        bad.put(
                "a person's token of the issuer",
                new String[] {"X-API-Key", Door.UI, Door.PERSON_HEADER, door.issuer.token("ann")});
        String[] ann = Door.person(Door.UI, Door.UI_SECRET, "ann");
        bad.put("two people", new String[] {ann[0], ann[1], ann[2], ann[3], ann[2], ann[3]});
        bad.put("a person's token alone", bearer(ann[3]));
        bad.put("dots", bearer(".."));
        bad.put("three parts of nonsense", bearer("x.y.z"));
        bad.put("three parts, the first an empty object", bearer("e30.e30.e30"));
        return bad;
    }

    private static String tampered() {
        String[] good = door.issuer.token("ann").split("\\.");
        return good[0] + "." + door.issuer.token("bob").split("\\.")[1] + "." + good[2];
    }

    private static Map<String, Object> changed(String claim, Object value) {
        Map<String, Object> claims = door.issuer.claims("ann");
        if (value == null) {
            claims.remove(claim);
        } else {
            claims.put(claim, value);
        }
        return claims;
    }

    private static String[] bearer(String token) {
        return new String[] {"Authorization", "Bearer " + token};
    }

    @Test
    void should_give_nothing_by_a_detour_through_what_is_open() {
        for (String path : List.of(
                "/page/..%2fchat",
                "/page/%2e%2e/chat",
                "/page/..;/chat",
                "/vendor/..;/chat",
                "/health/..%2fchat",
                "/health/..;/openapi",
                "/page/..%2f..%2f..%2fapplication.properties",
                "/page/%2e%2e%2f%2e%2e%2fapplication.properties",
                "/page/..%5c..%5capplication.properties",
                "/vendor/../application.properties",
                "/page/..%c0%af..%c0%afapplication.properties",
                "/page/%00",
                "/index.html%00",
                "/index.html/../chat",
                "/problems/..%2f..%2fapplication.properties",
                "/favicon.svg;/../chat",
                "/page/%252e%252e/chat")) {
            RawRequest.Answer answer = raw("GET " + path);
            assertTrue(List.of(400, 401, 404).contains(answer.status()), path + ": " + answer);
            assertFalse(
                    answer.body().contains("quarkus.") || answer.body().contains("conversations\""),
                    path + ": " + answer);
        }
    }

    private static RawRequest.Answer raw(String request) {
        try {
            return RawRequest.send(
                    door.agent.port(), request + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", new byte[0]);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** What the resources' classes have, what the document says that there is, and what neither of them does. */
    private static List<String> endpoints() throws IOException {
        List<String> endpoints = new ArrayList<>(Routes.ofResources());
        assertTrue(
                endpoints.contains("POST /chat") && endpoints.contains("DELETE /chat/{id}/run"), endpoints.toString());
        endpoints.replaceAll(endpoint ->
                endpoint.replace("{type}", "not-found").replace("{door}", "mcp").replaceAll("\\{[^}]+}", "abc"));
        endpoints.addAll(List.of(
                "GET /",
                "GET /page/app.js",
                "GET /page/../chat",
                "GET /vendor/../openapi",
                "GET /nothing",
                "GET /openapi",
                "GET /openapi?format=json",
                "GET /q/swagger-ui",
                "GET /q/dev-ui",
                "GET /healthy",
                "GET /metrics",
                "GET /q/metrics",
                "GET /chat/",
                "POST //chat",
                "GET /health/../chat",
                "OPTIONS /chat",
                "HEAD /chat",
                "GET /mcp",
                "POST /mcp",
                "DELETE /mcp",
                "GET /mcp/sse",
                "GET /v1/models",
                "POST /v1/chat/completions",
                "POST /ag-ui"));
        JsonNode paths = JSON.readTree(
                        ask("GET /openapi?format=json", door.person("ann")).body())
                .path("paths");
        paths.properties()
                .forEach(path -> path.getValue().fieldNames().forEachRemaining(method -> {
                    if (!method.equals("parameters")) {
                        endpoints.add(method.toUpperCase(java.util.Locale.ROOT) + " "
                                + path.getKey()
                                        .replace("{type}", "not-found")
                                        .replace("{door}", "mcp")
                                        .replaceAll("\\{\\w+}", "abc"));
                    }
                }));
        return endpoints.stream().distinct().toList();
    }

    private static HttpResponse<String> ask(String endpoint, String... headers) {
        String[] parts = endpoint.split(" ");
        boolean body = parts[0].equals("POST");
        HttpRequest.Builder request = HttpRequest.newBuilder(door.agent.url(parts[1]))
                .method(
                        parts[0],
                        body
                                ? HttpRequest.BodyPublishers.ofString("{\"message\":\"hello\",\"approve\":true}")
                                : HttpRequest.BodyPublishers.noBody());
        if (body) {
            request.header("Content-Type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(endpoint, e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
