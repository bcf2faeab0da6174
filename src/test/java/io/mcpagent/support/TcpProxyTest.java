package io.mcpagent.support;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {

    private final Set<Socket> atTarget = ConcurrentHashMap.newKeySet();

    private ServerSocket echo;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
        proxy = TcpProxy.to(echo.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        echo.close();
    }

    private void serve() {
        while (true) {
            try {
                Socket socket = echo.accept();
                atTarget.add(socket);
                Thread.ofVirtual().start(() -> {
                    try (socket) {
                        socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException reset) {
                        // As the client wanted it.
                    } finally {
                        atTarget.remove(socket);
                    }
                });
            } catch (IOException closed) {
                return;
            }
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static void send(Socket socket, int length) throws IOException {
        socket.getOutputStream().write(new byte[length]);
    }

    private static int receive(Socket socket, int length) throws IOException {
        return socket.getInputStream().readNBytes(length).length;
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(300);
        assertThrows(SocketTimeoutException.class, () -> receive(socket, 1));
    }

    @Test
    void should_pass_bytes_and_count_connections() throws IOException {
        try (Socket one = connect();
                Socket two = connect()) {
            one.getOutputStream().write("hello".getBytes());
            assertArrayEquals("hello".getBytes(), one.getInputStream().readNBytes(5));
            send(two, 100_000);
            assertEquals(100_000, receive(two, 100_000));
            assertEquals(2, proxy.openConnections());
        }
        proxy.awaitOpenConnections(0, Duration.ofSeconds(60));
        assertEquals(2, proxy.totalConnections());
        Await.until("the target to see both ends", () -> atTarget.isEmpty());
    }

    @Test
    void should_hold_requests_back() throws IOException {
        proxy.delayRequests(Duration.ofMillis(150));
        try (Socket socket = connect()) {
            long start = System.nanoTime();
            send(socket, 1);
            assertEquals(1, receive(socket, 1));
            assertTrue(System.nanoTime() - start >= 150_000_000);
        }
    }

    @Test
    void should_hang_for_new_and_open_connections_and_still_see_the_client_go() throws IOException {
        try (Socket open = connect()) {
            send(open, 1);
            receive(open, 1);
            proxy.hang();
            send(open, 1);
            assertSilent(open);
            try (Socket fresh = connect()) {
                send(fresh, 1);
                assertSilent(fresh);
            }
        }
        proxy.awaitOpenConnections(0, Duration.ofSeconds(60));
        proxy.pass();
        try (Socket fresh = connect()) {
            send(fresh, 1);
            assertEquals(1, receive(fresh, 1));
        }
    }

    @Test
    void should_refuse_and_listen_again_on_the_same_port() throws IOException {
        proxy.refuse();
        assertThrows(ConnectException.class, this::connect);
        proxy.pass();
        try (Socket socket = connect()) {
            send(socket, 1);
            assertEquals(1, receive(socket, 1));
        }
    }

    @Test
    void should_reset_what_is_open() throws IOException {
        try (Socket socket = connect()) {
            send(socket, 1);
            receive(socket, 1);
            proxy.resetConnections();
            assertThrows(SocketException.class, () -> receive(socket, 1));
            assertEquals(0, proxy.openConnections());
        }
    }

    @Test
    void should_cut_cleanly_after_exactly_so_many_bytes() throws IOException {
        proxy.cutResponsesAfter(7, TcpProxy.Ending.FIN);
        try (Socket socket = connect()) {
            send(socket, 20);
            assertEquals(7, receive(socket, 20));
        }
    }

    @Test
    void should_cut_by_reset() throws IOException {
        proxy.cutResponsesAfter(0, TcpProxy.Ending.RST);
        try (Socket socket = connect()) {
            send(socket, 20);
            assertThrows(SocketException.class, () -> receive(socket, 20));
        }
    }

    @Test
    void should_drop_the_response_only() throws IOException {
        proxy.dropResponses();
        try (Socket socket = connect()) {
            send(socket, 20);
            assertSilent(socket);
            Await.until("the target to be asked", () -> atTarget.size() == 1);
        }
    }

    @Test
    void should_limit_the_speed_of_responses() throws IOException {
        proxy.limitResponses(10_000);
        try (Socket socket = connect()) {
            long start = System.nanoTime();
            send(socket, 3_000);
            assertEquals(3_000, receive(socket, 3_000));
            assertTrue(System.nanoTime() - start > 200_000_000);
        }
    }
}
