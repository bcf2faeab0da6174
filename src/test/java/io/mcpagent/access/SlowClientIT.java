package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients that read nothing, send in drips or close one half. Only one turn may run here, so that a held one would be seen at once. */
@Tag("long")
class SlowClientIT {

    private static final Duration DEADLINE = Duration.ofSeconds(7);
    private static final Duration UNREAD = Duration.ofSeconds(6);
    private static final Duration SLACK = Duration.ofSeconds(30);
    private static LocalBedrock bedrock;
    private static AgentProcess agent;

    @BeforeAll
    static void start() {
        bedrock = LocalBedrock.start(0);
        agent = AgentProcess.start(Map.of(
                "MCP_URL",
                "http://127.0.0.1:9/mcp",
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                bedrock.uri().toString(),
                "AGENT_TURN_DEADLINE",
                DEADLINE.toSeconds() + "s",
                "AGENT_ACCESS_TOTAL_CONCURRENT_TURNS",
                "1",
                "QUARKUS_HTTP_READ_TIMEOUT",
                "2s",
                "AGENT_ACCESS_UNREAD_TIMEOUT",
                UNREAD.toSeconds() + "s"));
    }

    @AfterAll
    static void end() {
        agent.close();
        bedrock.close();
    }

    private static HttpResponse<String> ask(String conversation) {
        return agent.post(
                "/chat",
                "{\"message\":\"hello\"" + (conversation == null ? "" : ",\"conversationId\":\"" + conversation + "\"")
                        + "}");
    }

    private static String conversation() throws IOException {
        bedrock.always(Script.text("Hello."));
        return new ObjectMapper()
                .readTree(ask(null).body())
                .path("conversationId")
                .asText();
    }

    @Test
    void should_end_the_turn_of_a_client_that_never_reads_at_its_deadline_and_release_its_conversation()
            throws Exception {
        String id = conversation();
        // More than all buffers between here and there take, and no more: the model has to have it ready long before
        // the deadline.
        bedrock.always(Script.text("word ".repeat(60_000)));
        try (Socket deaf = connect(4_096)) {
            send(deaf, post("/chat", "text/event-stream", "{\"message\":\"much\",\"conversationId\":\"" + id + "\"}"));
            long began = System.nanoTime();
            Await.until("the turn to run", () -> bedrock.openStreams() == 1);
            assertEquals(503, ask(null).statusCode());
            bedrock.always(Script.text("Hello."));
            Await.until(
                    "the place to be free",
                    DEADLINE.plus(SLACK),
                    () -> ask(null).statusCode() == 200);
            long freed = (System.nanoTime() - began) / 1_000_000;
            Await.until("the conversation to be free", SLACK, () -> ask(id).statusCode() == 200);
            System.out.printf(
                    "a client that never reads: place free after %d ms, deadline %d ms%n", freed, DEADLINE.toMillis());
            // Not sooner, either: the limit for bodies is shorter than this turn, and must not have ended it.
            assertTrue(
                    freed > DEADLINE.minus(Duration.ofMillis(1_900)).toMillis()
                            && freed < DEADLINE.plus(SLACK).toMillis(),
                    freed + " ms");
            // The turn is long over; what was written for it must not wait for this client any longer than it takes to
            // be sure that it reads nothing.
            Await.until("the connection to be reset", UNREAD.multipliedBy(2).plus(SLACK), () -> !drip(deaf));
            System.out.printf(
                    "a client that never reads: reset after %d ms, limit %d ms%n",
                    (System.nanoTime() - began) / 1_000_000, UNREAD.toMillis());
            Await.until("its socket to be gone", SLACK, () -> socketsOf(deaf.getLocalPort()) == 0);
        }
    }

    @Test
    void should_reset_nobody_who_reads_slowly_but_reads() throws Exception {
        int answers = 120;
        try (Socket slow = connect(65_536)) {
            // Far more than the system keeps for a client: what waits, waits in the agent.
            send(
                    slow,
                    "GET /openapi?format=json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(answers - 1)
                            + "GET /openapi?format=json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            long began = System.nanoTime();
            long bytes = 0;
            int seen = 0;
            byte[] piece = new byte[65_536];
            for (int read = slow.getInputStream().read(piece);
                    read > 0;
                    read = slow.getInputStream().read(piece)) {
                bytes += read;
                seen += new String(piece, 0, read, StandardCharsets.ISO_8859_1).split("\"openapi\"", -1).length - 1;
                LockSupport.parkNanos(read * 2_000L);
            }
            long millis = (System.nanoTime() - began) / 1_000_000;
            System.out.printf(
                    "a slow reader: %d bytes in %d ms, limit for reading nothing %d ms%n",
                    bytes, millis, UNREAD.toMillis());
            // One in a hundred may lie across two pieces.
            assertTrue(seen >= answers * 0.9 && millis > UNREAD.toMillis(), seen + " answers in " + millis + " ms");
        }
    }

    /** How many sockets of this machine are connected to that local port, in whatever state. */
    private static long socketsOf(int port) throws IOException {
        String remote = ":%04X ".formatted(port);
        return Stream.of("/proc/net/tcp", "/proc/net/tcp6")
                .flatMap(SlowClientIT::lines)
                .filter(line -> line.matches(" *\\d+: \\S+ \\S+" + remote + ".*"))
                .count();
    }

    private static Stream<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file)).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void should_take_no_place_for_a_body_in_drips_and_close_its_connection() throws Exception {
        conversation();
        try (Socket slow = connect(65_536)) {
            send(
                    slow,
                    "POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"message\":\"");
            long began = System.nanoTime();
            // It is admitted, and waited for, before the others ask.
            slow.setSoTimeout(300);
            assertThrows(
                    SocketTimeoutException.class, () -> slow.getInputStream().read());
            Await.until("the connection to be closed", () -> {
                assertEquals(200, ask(null).statusCode());
                return !drip(slow);
            });
            System.out.printf(
                    "a body in drips: closed after %d ms, limit 2000 ms%n", (System.nanoTime() - began) / 1_000_000);
        }
    }

    @SuppressWarnings("try") // It is closed in the middle: that is what is tested.
    @Test
    void should_free_the_place_of_a_client_that_closed_its_half_or_left_in_the_middle() throws Exception {
        String id = conversation();
        for (boolean half : new boolean[] {true, false}) {
            bedrock.always(
                    Script.text("one two three four five six seven eight").frameDelay(Duration.ofMillis(200)));
            try (Socket client = connect(65_536)) {
                send(
                        client,
                        post(
                                "/chat",
                                "text/event-stream",
                                "{\"message\":\"count\",\"conversationId\":\"" + id + "\"}"));
                Await.until("the turn to run", () -> bedrock.openStreams() == 1);
                bedrock.always(Script.text("Hello."));
                if (half) {
                    // Whoever has sent all and still reads can't be told from whoever has left: both have their turn
                    // ended.
                    client.shutdownOutput();
                } else {
                    client.close();
                }
                Await.until(
                        "the place and the conversation to be free",
                        DEADLINE.plus(SLACK),
                        () -> ask(id).statusCode() == 200);
            }
        }
    }

    @Test
    void should_hang_up_at_once_on_a_client_that_reads_nothing_and_closed_its_half() throws Exception {
        String id = conversation();
        bedrock.always(Script.text("word ".repeat(60_000)));
        try (Socket deaf = connect(4_096)) {
            send(deaf, post("/chat", "text/event-stream", "{\"message\":\"much\",\"conversationId\":\"" + id + "\"}"));
            Await.until("the turn to run", () -> bedrock.openStreams() == 1);
            bedrock.always(Script.text("Hello."));
            deaf.shutdownOutput();
            Await.until(
                    "the place and the conversation to be free",
                    DEADLINE.plus(SLACK),
                    () -> ask(id).statusCode() == 200);
        }
    }

    @Test
    void should_let_a_turn_take_longer_than_a_body_may() throws IOException {
        bedrock.always(Script.text("Hello.").delay(Duration.ofMillis(3_000)));
        assertEquals(200, ask(null).statusCode());
        bedrock.always(Script.text("one two three four five six").frameDelay(Duration.ofMillis(280)));
        String stream = agent.post("/chat", "{\"message\":\"hello\"}", "Accept", "text/event-stream")
                .body();
        assertTrue(stream.contains("RUN_FINISHED"), stream);
    }

    @Test
    void should_refuse_a_large_body_before_it_is_sent() throws Exception {
        try (Socket client = connect(65_536)) {
            send(
                    client,
                    "POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n");
            String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 413") && answer.contains("/problems/too-large"), answer);
        }
    }

    private static Socket connect(int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(receiveBuffer);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), agent.port()));
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static String post(String path, String accept, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: " + accept
                + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static boolean drip(Socket socket) {
        try {
            send(socket, "a");
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
