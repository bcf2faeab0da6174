package io.mcpagent.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HttpConnectionsTest {

    @Test
    void should_hold_no_connection_for_an_exchange_whose_time_was_over_before_it_got_one() {
        try (HttpConnections connections =
                new HttpConnections("most", 1, Duration.ofSeconds(1), Duration.ofSeconds(1), new Timers())) {
            Deadline passed = Deadline.in(Duration.ZERO);
            for (int i = 0; i < 2; i++) {
                assertThrows(
                        SocketTimeoutException.class,
                        () -> connections.lease(Route.to(URI.create("http://127.0.0.1:1")), passed));
            }
            assertEquals(0, connections.leased());
        }
    }
}
