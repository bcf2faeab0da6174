package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A list of tools has an end: beyond it there are no tools, and no memory is taken. */
class ListBoundsTest {

    private static final int MOST_BYTES = 16 << 20;

    private final StubServer server = new StubServer();

    private ToolCatalog catalog() throws InterruptedException {
        try (server) {
            McpToolbox toolbox = TestConfig.toolbox("url", server.url(), "list-timeout", "60s");
            try {
                return toolbox.catalog(Identity.ANONYMOUS, Deadline.in(Duration.ofSeconds(60)));
            } finally {
                toolbox.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void should_read_only_so_many_bytes(boolean stream) throws Exception {
        server.onList = (request, reply) -> {
            OutputStream out = reply.out();
            String begin =
                    "{\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"result\":{\"tools\":[" + StubServer.READ_TOOL;
            out.write(("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Type: "
                            + (stream ? "text/event-stream\r\n\r\ndata: " : "application/json\r\n\r\n") + begin)
                    .getBytes(StandardCharsets.UTF_8));
            byte[] space = " ".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i <= MOST_BYTES / space.length; i++) {
                out.write(space);
            }
            out.write("]}}\n\n".getBytes(StandardCharsets.UTF_8));
            reply.reset();
        };
        assertThat(catalog().available()).isFalse();
    }

    @Test
    void should_read_what_is_just_not_too_large() throws Exception {
        server.onList = (request, reply) ->
                reply.result("{\"tools\":[" + StubServer.READ_TOOL + " ".repeat(MOST_BYTES - 10_000) + "]}");
        assertThat(catalog().find("read")).isPresent();
    }

    @Test
    void should_read_only_so_many_pages() throws Exception {
        AtomicInteger pages = new AtomicInteger();
        server.onList = (request, reply) -> {
            pages.incrementAndGet();
            reply.result("{\"tools\":[" + StubServer.READ_TOOL + "],\"nextCursor\":\"more\"}");
        };
        assertThat(catalog().available()).isFalse();
        assertThat(pages.get()).isLessThanOrEqualTo(100 * 4);
    }
}
