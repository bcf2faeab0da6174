package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
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
        // A whole list, which would be taken if it were smaller.
        String result = "{\"tools\":[" + StubServer.READ_TOOL + " ".repeat(MOST_BYTES) + "]}";
        server.onList = (request, reply) -> {
            if (stream) {
                reply.events("data: {\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + ",\"result\":" + result + "}\n\n");
            } else {
                reply.result(result);
            }
        };
        assertThat(catalog().available()).isFalse();
    }

    @Test
    void should_read_what_is_just_not_too_large() throws Exception {
        server.onList = (request, reply) ->
                reply.result("{\"tools\":[" + StubServer.READ_TOOL + " ".repeat(MOST_BYTES - 10_000) + "]}");
        assertThat(catalog().find("read")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e99999999999", "1.2e-2147483647", "1e400", "-1E+309"})
    void should_leave_out_the_tool_alone_whose_number_nothing_carries(String number) throws Exception {
        server.onList = (request, reply) -> reply.result("{\"tools\":[" + StubServer.READ_TOOL
                + ",{\"name\":\"bad\",\"description\":\"x\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"n\":{\"maximum\":"
                + number + "}}}}]}");
        ToolCatalog catalog = catalog();
        assertThat(catalog.find("read")).isPresent();
        assertThat(catalog.find("bad")).isEmpty();
        assertThat(catalog.leftOut()).containsExactly("bad");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"result\":{\"structuredContent\":{\"v\":1e99999999999},\"content\":[]}",
                "\"result\":{\"content\":[{\"type\":\"resource\",\"resource\":{\"v\":1e99999999999}}]}",
                "\"error\":{\"code\":1e99999999999,\"message\":\"x\"}"
            })
    void should_take_an_answer_with_such_a_number_for_none(String answer) throws Exception {
        server.onCall =
                (request, reply) -> reply.json("{\"jsonrpc\":\"2.0\",\"id\":" + reply.id() + "," + answer + "}");
        try (server) {
            McpToolbox toolbox = TestConfig.toolbox("url", server.url());
            try {
                Deadline soon = Deadline.in(Duration.ofSeconds(60));
                ToolCatalog catalog = toolbox.catalog(Identity.ANONYMOUS, soon);
                assertThat(toolbox.call(
                                        catalog.find("read").orElseThrow(),
                                        Arguments.NONE,
                                        Identity.ANONYMOUS,
                                        null,
                                        soon)
                                .outcome())
                        .isEqualTo(ToolOutcome.UNAVAILABLE);
                assertThat(toolbox.call(
                                        catalog.find("write").orElseThrow(),
                                        Arguments.NONE,
                                        Identity.ANONYMOUS,
                                        null,
                                        soon)
                                .outcome())
                        .isEqualTo(ToolOutcome.OUTCOME_UNKNOWN);
            } finally {
                toolbox.close();
            }
        }
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
