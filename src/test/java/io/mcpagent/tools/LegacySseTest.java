package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.support.Await;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The legacy transport against a server that behaves badly. */
class LegacySseTest {

    private final StubServer server = new StubServer();
    private final AtomicInteger streams = new AtomicInteger();
    private volatile StubServer.Reply stream;
    private McpToolbox toolbox;

    @BeforeEach
    void script() {
        server.onGet = (request, reply) -> {
            stream = reply;
            reply.out()
                    .write(("HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                                    + "event: endpoint\ndata: http://elsewhere.example:1/post?sessionId="
                                    + streams.incrementAndGet() + "\n\n")
                            .getBytes(StandardCharsets.UTF_8));
            reply.hang();
        };
        server.onInitialize = (request, reply) -> {
            reply.status(202);
            say("{\"jsonrpc\":\"2.0\",\"id\":" + reply.id()
                    + ",\"result\":{\"protocolVersion\":\"2024-11-05\",\"capabilities\":{\"tools\":{}}}}");
        };
        server.onList = (request, reply) -> {
            reply.status(202);
            say("{\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"result\":{\"tools\":[" + StubServer.READ_TOOL.strip()
                    + "," + StubServer.WRITE_TOOL.strip() + "]}}");
        };
        server.onCall = (request, reply) -> {
            reply.status(202);
            say("{\"jsonrpc\":\"2.0\",\"id\":\"s\",\"method\":\"ping\"}");
            say("{\"jsonrpc\":\"2.0\",\"id\":" + reply.id()
                    + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"{}\"}]}}");
        };
        toolbox = TestConfig.toolbox("url", "http://127.0.0.1:" + server.port() + "/mcp/sse", "call-timeout", "2s");
    }

    @AfterEach
    void close() {
        toolbox.close();
        server.close();
    }

    private void say(String message) throws Exception {
        stream.out().write(("event: message\ndata: " + message + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    private ToolAnswer call(String tool) throws Exception {
        return toolbox.call(
                toolbox.catalog(Identity.ANONYMOUS, soon()).find(tool).orElseThrow(),
                Arguments.read("{}"),
                Identity.ANONYMOUS,
                null,
                soon());
    }

    @Test
    void should_send_requests_to_our_server_whatever_address_it_names() throws Exception {
        assertEquals("[{}]", call("read").text());
        assertEquals("/post?sessionId=1", server.all("tools/call").getFirst().path());
        assertEquals(
                "127.0.0.1:" + server.port(),
                server.all("tools/call").getFirst().headers().get("Host"));
        Await.until(
                "the answer to the ping",
                () -> server.requests.stream()
                        .anyMatch(request -> request.json() != null
                                && request.json().path("id").asText().equals("s")));
    }

    @Test
    void should_open_a_new_session_when_the_old_one_is_forgotten_even_for_a_write() throws Exception {
        call("read");
        StubServer.Script good = server.onCall;
        server.onCall = (request, reply) -> {
            if (request.path().endsWith("=1")) {
                reply.status(400);
            } else {
                good.answer(request, reply);
            }
        };
        assertEquals(ToolOutcome.OK, call("write").outcome());
        assertEquals(2, streams.get());
    }

    @Test
    void should_not_repeat_a_write_whose_answer_never_comes() throws Exception {
        server.onCall = (request, reply) -> reply.status(202);
        ToolAnswer result = call("write");
        assertEquals(ToolOutcome.OUTCOME_UNKNOWN, result.outcome());
        assertTrue(result.millis() < 2_200, result.millis() + " ms");
        assertEquals(1, server.count("tools/call"));
    }

    @Test
    void should_not_repeat_a_write_whose_stream_broke() throws Exception {
        server.onCall = (request, reply) -> {
            reply.status(202);
            stream.reset();
        };
        assertEquals(ToolOutcome.OUTCOME_UNKNOWN, call("write").outcome());
        assertEquals(1, server.count("tools/call"));
        assertEquals(ToolOutcome.UNAVAILABLE, call("read").outcome());
        assertEquals(3, server.count("tools/call"));
    }

    @Test
    void should_not_repeat_a_write_whose_request_broke() throws Exception {
        call("read");
        server.onCall = (request, reply) -> reply.reset();
        assertEquals(ToolOutcome.OUTCOME_UNKNOWN, call("write").outcome());
        assertEquals(2, server.count("tools/call"));
    }
}
