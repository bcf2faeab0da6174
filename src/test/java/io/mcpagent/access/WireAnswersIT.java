package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the HTTP server itself says to requests that are none, byte for byte at the wire: a problem where there is a request, else nothing but a status. */
class WireAnswersIT {

    private static final Pattern INSIDE =
            Pattern.compile("(?i)exception|netty|vert\\.?x|quarkus|resteasy|io\\.mcpagent|java\\.|\\bat [a-z]+\\.\\w");
    private static final String HOST = "Host: localhost\r\nConnection: close\r\n";
    private static LocalBedrock bedrock;
    private static AgentProcess agent;

    @BeforeAll
    static void start() {
        bedrock = LocalBedrock.start(0);
        bedrock.always(Script.text("Hello."));
        agent = AgentProcess.start(Map.of(
                "MCP_URL",
                "http://127.0.0.1:9/mcp",
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                bedrock.uri().toString()));
    }

    @AfterAll
    static void end() {
        agent.close();
        bedrock.close();
    }

    static Stream<Arguments> problems() {
        String post = "POST /chat HTTP/1.1\r\n" + HOST + "Content-Type: application/json\r\n";
        return Stream.of(
                arguments(
                        "headers over the limit",
                        "GET /chat HTTP/1.1\r\n" + HOST + "X: " + "y".repeat(17_000) + "\r\n\r\n",
                        431,
                        "headers-too-large"),
                arguments(
                        "many headers over the limit",
                        "GET /chat HTTP/1.1\r\n" + HOST + "X: 23456789\r\n".repeat(1_400) + "\r\n",
                        431,
                        "headers-too-large"),
                arguments(
                        "headers over the limit, open path",
                        "GET /health HTTP/1.1\r\n" + HOST + "X: " + "y".repeat(17_000) + "\r\n\r\n",
                        431,
                        "headers-too-large"),
                arguments(
                        "a long path",
                        "GET /chat/" + "a".repeat(5_000) + " HTTP/1.1\r\n" + HOST + "\r\n",
                        414,
                        "uri-too-long"),
                arguments(
                        "a long query",
                        "GET /chat?" + "a".repeat(15_000) + " HTTP/1.1\r\n" + HOST + "\r\n",
                        414,
                        "uri-too-long"),
                arguments("an unknown method", "BREW /chat HTTP/1.1\r\n" + HOST + "\r\n", 405, "method-not-allowed"),
                arguments("TRACE", "TRACE /chat HTTP/1.1\r\n" + HOST + "\r\n", 405, "method-not-allowed"),
                arguments(
                        "PUT",
                        "PUT /chat HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n",
                        405,
                        "method-not-allowed"),
                arguments("no Host", "GET /chat HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "invalid-request"),
                arguments(
                        "no Host, open path",
                        "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n",
                        400,
                        "invalid-request"),
                arguments("an unknown path", "GET /no%20thing HTTP/1.1\r\n" + HOST + "\r\n", 404, "not-found"),
                arguments("a body over the limit", post + "Content-Length: 300000\r\n\r\n", 413, "too-large"),
                arguments(
                        "a body that says it is HTTP/2's",
                        post + "Content-Length: 2\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n{}",
                        400,
                        "invalid-request"),
                arguments(
                        "an upgrade to a WebSocket",
                        "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                        404,
                        "not-found"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("problems")
    void should_answer_with_a_problem(String what, String request, int status, String problem) throws IOException {
        RawRequest.Answer answer = RawRequest.send(agent.port(), request, new byte[0]);
        assertEquals(status, answer.status(), answer::toString);
        assertEquals("application/problem+json", answer.headers().get("content-type"), answer::toString);
        assertTrue(
                answer.body().contains("\"/problems/" + problem + "\"")
                        && answer.body().contains("\"traceId\""),
                answer::toString);
        assertNothingOfTheInside(answer);
    }

    static Stream<Arguments> malformed() {
        String get = "GET /chat HTTP/1.1\r\n" + HOST;
        return Stream.of(
                arguments("a request line without a version", "GET /chat\r\n" + HOST + "\r\n"),
                arguments("a request line with four parts", "GET /chat what HTTP/1.1\r\n" + HOST + "\r\n"),
                arguments("a version that is none", "GET /chat HTTP/nine\r\n" + HOST + "\r\n"),
                arguments("an older version", "GET /chat HTTP/0.9\r\n" + HOST + "\r\n"),
                arguments("a newer version", "GET /chat HTTP/3.0\r\n" + HOST + "\r\n"),
                arguments("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                arguments("TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n"),
                arguments("a header without a colon", get + "nonsense\r\n\r\n"),
                arguments("a header without a name", get + ": nothing\r\n\r\n"),
                arguments("a NUL in a header's name", get + "X\u0000Y: z\r\n\r\n"),
                arguments("a NUL in a header's value", get + "X: y\u0000z\r\n\r\n"),
                arguments("a space before the colon", get + "X : y\r\n\r\n"),
                arguments("a bare carriage return in a header", get + "X: a\rSet-Cookie: b=c\r\n\r\n"),
                arguments(
                        "two different lengths",
                        "POST /chat HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
                arguments("a negative length", "POST /chat HTTP/1.1\r\n" + HOST + "Content-Length: -1\r\n\r\n"),
                arguments(
                        "a length that is no number",
                        "POST /chat HTTP/1.1\r\n" + HOST + "Content-Length: two\r\n\r\n{}"),
                arguments(
                        "a chunk whose size is none",
                        "POST /chat HTTP/1.1\r\n" + HOST
                                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
                arguments(
                        "a chunk of a negative size",
                        "POST /chat HTTP/1.1\r\n" + HOST
                                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"),
                arguments(
                        "a chunk of an endless size",
                        "POST /chat HTTP/1.1\r\n" + HOST
                                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + "f".repeat(40) + "\r\n{}\r\n0\r\n\r\n"),
                arguments("headers without an end", get + "X: " + "y".repeat(200_000)),
                arguments("a request line without an end", "GET /" + "a".repeat(200_000)),
                arguments("a broken escape in the path", "GET /chat/%zz HTTP/1.1\r\n" + HOST + "\r\n"),
                arguments(
                        "a Host that is none", "GET /chat HTTP/1.1\r\nHost: evil.com%3F\r\nConnection: close\r\n\r\n"),
                arguments("two Hosts", "GET /chat HTTP/1.1\r\nHost: b\r\n" + HOST + "\r\n"),
                arguments("a tunnel", "CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + "\r\n"),
                arguments("somebody else's address", "GET http://evil.example/chat HTTP/1.1\r\n" + HOST + "\r\n"),
                arguments("a star", "OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void should_answer_cleanly_or_hang_up(String what, String request) throws IOException {
        RawRequest.Answer answer = RawRequest.send(agent.port(), request, new byte[0]);
        assertTrue(answer.status() < 500, answer::toString);
        assertTrue(
                answer.status() < 400
                        || answer.body().isEmpty()
                        || "application/problem+json".equals(answer.headers().get("content-type")),
                answer::toString);
        assertNothingOfTheInside(answer);
        assertEquals(200, agent.get("/health/live").statusCode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /",
                "GET /sign-in.json",
                "GET /page/app.js",
                "GET /chat",
                "POST /chat",
                "DELETE /chat/x",
                "GET /openapi",
                "POST /mcp",
                "GET /mcp",
                "GET /v1/models",
                "POST /v1/chat/completions",
                "POST /ag-ui",
                "GET /nothing"
            })
    void should_refuse_a_foreign_page_at_every_door_while_nobody_has_to_sign_in(String door) throws IOException {
        String length = door.startsWith("POST") ? "Content-Type: application/json\r\nContent-Length: 0\r\n" : "";
        for (String page : List.of(
                "Host: evil.example\r\n",
                "Host: evil.example\r\nX-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\n",
                "Host: localhost\r\nOrigin: http://evil.example\r\n",
                "Host: localhost\r\nOrigin: null\r\n")) {
            RawRequest.Answer answer = RawRequest.send(
                    agent.port(), door + " HTTP/1.1\r\n" + page + length + "Connection: close\r\n\r\n", new byte[0]);
            assertEquals(403, answer.status(), () -> page + answer);
            assertFalse(answer.body().contains("evil"), answer::toString);
        }
        RawRequest.Answer own = RawRequest.send(
                agent.port(),
                door
                        + " HTTP/1.1\r\nHost: LOCALHOST:1\r\nOrigin: http://127.0.0.1:1\r\nX-Forwarded-Host: evil.example\r\n"
                        + length + "Connection: close\r\n\r\n",
                new byte[0]);
        assertTrue(own.status() != 403, own::toString);
    }

    @Test
    void should_take_what_is_just_within_the_limits() throws IOException {
        RawRequest.Answer answer = RawRequest.send(
                agent.port(),
                "GET /chat?" + "a".repeat(4_000) + " HTTP/1.1\r\n" + HOST + "X: " + "y".repeat(16_000) + "\r\n\r\n",
                new byte[0]);
        assertEquals(200, answer.status(), answer::toString);
    }

    @Test
    void should_reflect_no_header_that_a_request_smuggles_in() throws IOException {
        RawRequest.Answer answer = RawRequest.send(
                agent.port(),
                "GET /problems/%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n" + HOST
                        + "traceparent: 00-zz\u00e4-1\r\nIdempotency-Key: a\u00e4\r\n\r\n",
                new byte[0]);
        assertEquals(404, answer.status(), answer::toString);
        assertFalse(answer.headers().containsKey("set-cookie"), answer::toString);
    }

    @Test
    void should_write_the_members_of_an_answer_in_the_order_in_which_they_are_read() throws IOException {
        RawRequest.Answer answer = RawRequest.send(
                agent.port(),
                "POST /chat HTTP/1.1\r\n" + HOST + "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n",
                "{\"message\":\"ab\"} ".getBytes());
        assertTrue(answer.body().startsWith("{\"conversationId\":"), answer::toString);
    }

    @Test
    void should_compress_the_page_and_nothing_that_is_said() throws IOException {
        String compressed = HOST + "Accept-Encoding: gzip\r\n";
        for (String file : List.of(
                "/", "/index.html", "/page/app.js", "/page/page.css", "/favicon.svg", "/vendor/marked/marked.esm.js")) {
            assertEquals(
                    "gzip",
                    RawRequest.send(agent.port(), "GET " + file + " HTTP/1.1\r\n" + compressed + "\r\n", new byte[0])
                            .headers()
                            .get("content-encoding"),
                    file);
        }
        String question = "Content-Type: application/json\r\nContent-Length: 17\r\n";
        for (String request : List.of(
                "GET /chat HTTP/1.1\r\n" + compressed,
                "GET /health HTTP/1.1\r\n" + compressed,
                "GET /none HTTP/1.1\r\n" + compressed,
                "GET /sign-in.json HTTP/1.1\r\n" + compressed,
                "GET /page/none.js HTTP/1.1\r\n" + compressed,
                "GET /chat/" + "a".repeat(5_000) + " HTTP/1.1\r\n" + compressed,
                "GET /chat HTTP/1.1\r\nConnection: close\r\nAccept-Encoding: gzip\r\n",
                "POST /chat HTTP/1.1\r\n" + compressed + question + "Accept: application/json\r\n",
                "POST /chat HTTP/1.1\r\n" + compressed + question + "Accept: text/event-stream\r\n")) {
            RawRequest.Answer answer = RawRequest.send(
                    agent.port(),
                    request + "\r\n",
                    request.startsWith("POST") ? "{\"message\":\"ab\"} ".getBytes() : new byte[0]);
            assertTrue(
                    answer.status() > 0 && !"gzip".equals(answer.headers().get("content-encoding")), answer::toString);
        }
    }

    @Test
    void should_serve_files_of_the_page_and_no_folder() throws IOException {
        for (String path : List.of(
                "/page",
                "/page/",
                "/vendor",
                "/vendor/marked",
                "/vendor/marked/",
                "/page/app.js/",
                "/page/none.js",
                "/page/.hidden",
                "/page/%5c..%5c",
                "/page/..%5cindex.html",
                "/page/..;/index.html",
                "/page/%2e%2e%2findex.html",
                "/chat-page/index.html")) {
            RawRequest.Answer answer =
                    RawRequest.send(agent.port(), "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n", new byte[0]);
            assertEquals(404, answer.status(), path + ": " + answer);
            assertEquals("application/problem+json", answer.headers().get("content-type"), path);
        }
        RawRequest.Answer head = RawRequest.send(
                agent.port(), "HEAD /page/app.js HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n", new byte[0]);
        assertEquals(200, head.status(), head::toString);
        assertEquals("no-cache", head.headers().get("cache-control"), head::toString);
    }

    /** Whatever stands between the agent and a reader neither keeps an answer nor gathers a stream. */
    @Test
    void should_tell_proxies_that_answers_are_private_and_come_word_by_word() throws IOException {
        for (String path : List.of("/chat", "/chat/x", "/v1/models", "/mcp", "/nothing")) {
            RawRequest.Answer answer =
                    RawRequest.send(agent.port(), "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n", new byte[0]);
            assertEquals("no-store, no-transform", answer.headers().get("cache-control"), path);
            assertEquals("no", answer.headers().get("x-accel-buffering"), path);
        }
    }

    @Test
    void should_serve_every_file_of_the_page_whole() throws IOException {
        Path page = Project.directory().resolve("target/classes/chat-page");
        try (Stream<Path> found = Files.walk(page)) {
            List<Path> files = found.filter(Files::isRegularFile).toList();
            assertFalse(files.isEmpty());
            for (Path file : files) {
                String path = "/" + page.relativize(file);
                RawRequest.Answer answer =
                        RawRequest.send(agent.port(), "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n", new byte[0]);
                assertEquals(200, answer.status(), path);
                assertEquals(String.valueOf(Files.size(file)), answer.headers().get("content-length"), path);
                assertEquals(Files.readString(file), answer.body(), path);
            }
        }
    }

    @Test
    void should_log_no_error_of_its_own_for_requests_that_are_none() throws IOException {
        RawRequest.send(agent.port(), "GET /chat HTTP/1.1\r\nConnection: close\r\n\r\n", new byte[0]);
        RawRequest.send(agent.port(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", new byte[0]);
        assertFalse(agent.log().contains("ERROR"), agent::log);
    }

    private static void assertNothingOfTheInside(RawRequest.Answer answer) {
        assertFalse(INSIDE.matcher(answer.headers() + answer.body()).find(), answer::toString);
    }
}
