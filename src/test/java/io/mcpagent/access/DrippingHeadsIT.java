package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Clients that drip the head of a request for ever: everybody else is answered, and they are gone after a time. */
class DrippingHeadsIT {

    private static final int MOST = 100;
    private static final int CLIENTS = 1_100;

    @Test
    void should_answer_everybody_else_while_heads_drip() throws Exception {
        List<Socket> dripping = new ArrayList<>();
        try (AgentProcess agent = AgentProcess.start(Map.of(
                "MCP_URL",
                "http://127.0.0.1:9/mcp",
                "AGENT_ACCESS_MAX_CONNECTIONS",
                Integer.toString(MOST),
                "QUARKUS_HTTP_READ_TIMEOUT",
                "3s"))) {
            for (int i = 0; i < CLIENTS; i++) {
                Socket client = new Socket(InetAddress.getLoopbackAddress(), agent.port());
                dripping.add(client);
                drip(client, "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Drip: a");
                if (i % 50 == 0) {
                    assertEquals(200, agent.get("/health/live").statusCode());
                    assertEquals(200, agent.get("/chat").statusCode());
                }
            }
            Await.until("all but the newest to be closed", () -> left(dripping) <= MOST);
            System.out.printf("%d clients drip a head: %d are left at once%n", CLIENTS, left(dripping));
            Await.until("their time to be over", Duration.ofSeconds(60), () -> left(dripping) == 0);
            assertEquals(200, agent.get("/health/live").statusCode());
            assertTrue(!agent.log().contains("ERROR"), agent.log());
        } finally {
            for (Socket client : dripping) {
                client.close();
            }
        }
    }

    private static long left(List<Socket> clients) {
        return clients.stream().filter(client -> drip(client, "a")).count();
    }

    private static boolean drip(Socket client, String text) {
        try {
            client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
