package io.mcpagent.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.support.Relay;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One connection at work, and what is known of a request when it fails. */
@Timeout(60)
class HttpExchangeTest {

    private static final byte[] BODY = "question".getBytes(StandardCharsets.UTF_8);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Timers timers = new Timers();
    private final HttpConnections connections =
            new HttpConnections("the.setting", 2, Duration.ofSeconds(5), Duration.ofSeconds(5), timers);
    private final AtomicInteger asked = new AtomicInteger();
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", http -> {
            asked.incrementAndGet();
            byte[] body = http.getRequestBody().readAllBytes();
            http.sendResponseHeaders(200, body.length);
            http.getResponseBody().write(body);
            http.close();
        });
        server.start();
    }

    @AfterEach
    void close() {
        connections.close();
        timers.close();
        server.stop(0);
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private static ClassicHttpRequest head() {
        ClassicHttpRequest head = new BasicClassicHttpRequest("POST", "/");
        head.addHeader("Host", "127.0.0.1");
        head.addHeader("Content-Length", BODY.length);
        return head;
    }

    private HttpExchange exchange(URI uri, Duration silence, Duration end) {
        return connections.exchange(Route.straightTo(uri), silence, Deadline.in(end));
    }

    @Test
    void should_send_and_read_and_use_the_connection_again() throws Exception {
        for (int i = 0; i < 3; i++) {
            try (HttpExchange exchange = exchange(uri(), LONG, LONG)) {
                assertFalse(exchange.sent());
                exchange.send(head(), BODY, BODY.length);
                assertTrue(exchange.sent() && exchange.answered());
                assertEquals(i > 0, exchange.reused());
                assertEquals(200, exchange.status());
                assertArrayEquals(BODY, exchange.body().readAllBytes());
                exchange.keep();
            }
            assertEquals(1, connections.idle());
            assertEquals(0, connections.leased());
        }
        assertEquals(3, asked.get(), "nothing was sent twice");
    }

    @Test
    void should_drop_a_connection_that_was_not_given_back() throws Exception {
        try (HttpExchange exchange = exchange(uri(), LONG, LONG)) {
            exchange.send(head(), BODY, BODY.length);
        }
        assertEquals(0, connections.idle() + connections.leased());
    }

    @Test
    void should_know_that_nothing_was_sent_when_nobody_listens() {
        try (HttpExchange exchange = exchange(URI.create("http://127.0.0.1:1"), LONG, LONG)) {
            assertThrows(IOException.class, () -> exchange.send(head(), BODY, BODY.length));
            assertFalse(exchange.sent() || exchange.answered() || exchange.overdue());
        }
    }

    @Test
    void should_cut_silence_and_the_end_whichever_comes_first() throws Exception {
        try (Relay deaf = Relay.deaf()) {
            for (boolean silent : new boolean[] {true, false}) {
                Duration soon = Duration.ofMillis(300);
                try (HttpExchange exchange = exchange(deaf.uri(), silent ? soon : LONG, silent ? LONG : soon)) {
                    long start = System.nanoTime();
                    assertThrows(SocketTimeoutException.class, () -> exchange.send(head(), BODY, BODY.length));
                    assertTrue(System.nanoTime() - start >= 290_000_000L);
                    assertTrue(exchange.overdue() && exchange.sent());
                    assertFalse(exchange.answered());
                }
                assertEquals(0, connections.leased());
            }
        }
    }

    @Test
    void should_end_by_an_interrupt_and_know_that_it_was_sent() throws Exception {
        try (Relay deaf = Relay.deaf()) {
            CompletableFuture<Object> ended = new CompletableFuture<>();
            Thread thread = Thread.ofVirtual().start(() -> {
                try (HttpExchange exchange = exchange(deaf.uri(), LONG, LONG)) {
                    exchange.send(head(), BODY, BODY.length);
                } catch (IOException | InterruptedException e) {
                    ended.complete(e);
                }
            });
            Thread.sleep(300);
            thread.interrupt();
            assertInstanceOf(IOException.class, ended.get(10, TimeUnit.SECONDS));
            thread.join();
            assertEquals(0, connections.leased());
        }
    }

    @Test
    void should_name_the_setting_when_no_connection_becomes_free() throws Exception {
        try (HttpExchange first = exchange(uri(), LONG, LONG);
                HttpExchange second = exchange(uri(), LONG, LONG)) {
            first.send(head(), BODY, BODY.length);
            second.send(head(), BODY, BODY.length);
            try (HttpExchange third = exchange(uri(), LONG, Duration.ofSeconds(1))) {
                IOException e = assertThrows(SocketTimeoutException.class, () -> third.send(head(), BODY, BODY.length));
                assertTrue(e.getMessage().contains("the.setting"), e.getMessage());
                assertFalse(third.sent());
            }
        }
    }

    @Test
    void should_fail_in_order_when_all_is_closed() {
        connections.close();
        try (HttpExchange exchange = exchange(uri(), LONG, LONG)) {
            assertThrows(IOException.class, () -> exchange.send(head(), BODY, BODY.length));
            assertFalse(exchange.sent());
        }
    }
}
