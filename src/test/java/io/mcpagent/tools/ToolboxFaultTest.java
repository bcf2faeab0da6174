package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.support.Await;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.TcpProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real toolbox that is down, hung, slow, or two of them with one killed. */
class ToolboxFaultTest {

    private final RealToolbox server = RealToolbox.overSampleShop();
    private final List<McpToolbox> toolboxes = new ArrayList<>();

    @AfterEach
    void close() {
        toolboxes.forEach(McpToolbox::close);
        server.close();
    }

    private McpToolbox toolbox(int port, String path, Object... settings) {
        Object[] all = new Object[settings.length + 2];
        all[0] = "url";
        all[1] = "http://127.0.0.1:" + port + path;
        System.arraycopy(settings, 0, all, 2, settings.length);
        McpToolbox toolbox = TestConfig.toolbox(all);
        toolboxes.add(toolbox);
        return toolbox;
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(60));
    }

    private static ToolAnswer call(McpToolbox toolbox, Tool tool) throws InterruptedException {
        return toolbox.call(tool, Arguments.read("{\"customer_id\": 7}"), Identity.ANONYMOUS, null, soon());
    }

    private static Tool customers(McpToolbox toolbox) throws InterruptedException {
        return toolbox.catalog(Identity.ANONYMOUS, soon()).find("get_customer").orElseThrow();
    }

    /** A signal is only on its way when it was sent; each thread of the server may still do a little. */
    private void pauseServer() {
        server.pause();
        Await.until("all threads of the server to be stopped", () -> {
            try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(server.pid()), "task"))) {
                return threads.map(thread -> thread.resolve("stat"))
                        .map(ToolboxFaultTest::read)
                        .allMatch(stat -> stat.substring(stat.lastIndexOf(')')).startsWith(") T"));
            }
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_say_that_tools_are_unavailable_and_find_them_again_by_itself(String path) throws Exception {
        McpToolbox toolbox = toolbox(server.port(), path);
        Tool tool = customers(toolbox);
        server.kill();
        assertEquals(ToolOutcome.UNAVAILABLE, call(toolbox, tool).outcome());
        assertFalse(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        for (int i = 0; i < 20; i++) {
            assertEquals(ToolOutcome.UNAVAILABLE, call(toolbox, tool).outcome());
            assertFalse(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        }
        server.restart();
        Await.until(
                "the tools to be back",
                () -> toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        assertEquals(ToolOutcome.OK, call(toolbox, tool).outcome());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_start_without_a_server_and_find_its_tools_later(String path) throws Exception {
        server.kill();
        McpToolbox toolbox = toolbox(server.port(), path);
        assertFalse(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        assertFalse(toolbox.isAvailable());
        server.restart();
        Await.until(
                "the tools", () -> toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        assertTrue(toolbox.isAvailable());
        assertEquals(ToolOutcome.OK, call(toolbox, customers(toolbox)).outcome());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_wait_only_so_long_for_a_server_that_hangs(String path) throws Exception {
        Tool tool = customers(toolbox(server.port(), path));
        McpToolbox toolbox = toolbox(server.port(), path, "list-timeout", "500ms", "call-timeout", "500ms");
        Await.until(
                "the tools", () -> toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        pauseServer();
        ToolAnswer result = call(toolbox, tool);
        assertEquals(ToolOutcome.TIMEOUT, result.outcome());
        assertTrue(result.millis() < 30_000, result.millis() + " ms");
        long start = System.nanoTime();
        assertFalse(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        assertTrue(System.nanoTime() - start < 30_000_000_000L, (System.nanoTime() - start) / 1_000_000 + " ms");
        server.resume();
        Await.until(
                "the tools to be back",
                () -> toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        // Half a second may be too short for an answer on a machine that does much else.
        Await.until("a call to go well", () -> call(toolbox, tool).outcome() == ToolOutcome.OK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_not_notice_a_slow_server_beyond_its_slowness(String path) throws Exception {
        try (TcpProxy proxy = TcpProxy.to(server.port())) {
            McpToolbox toolbox = toolbox(proxy.port(), path);
            Tool tool = customers(toolbox);
            proxy.delayRequests(Duration.ofMillis(300));
            ToolAnswer result = call(toolbox, tool);
            assertEquals(ToolOutcome.OK, result.outcome());
            assertTrue(result.millis() >= 300, result.millis() + " ms");
            proxy.limitResponses(2_000);
            assertEquals(ToolOutcome.OK, call(toolbox, tool).outcome());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_not_lose_a_read_when_all_connections_are_reset(String path) throws Exception {
        try (TcpProxy proxy = TcpProxy.to(server.port())) {
            McpToolbox toolbox = toolbox(proxy.port(), path);
            Tool tool = customers(toolbox);
            for (int i = 0; i < 20; i++) {
                assertEquals(ToolOutcome.OK, call(toolbox, tool).outcome());
                proxy.resetConnections();
                assertEquals(ToolOutcome.OK, call(toolbox, tool).outcome());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/mcp/sse"})
    void should_not_lose_a_call_over_ten_restarts(String path) throws Exception {
        McpToolbox toolbox = toolbox(server.port(), path);
        Tool tool = customers(toolbox);
        int failed = 0;
        for (int i = 0; i < 10; i++) {
            server.restart();
            for (int j = 0; j < 5; j++) {
                failed += call(toolbox, tool).outcome() == ToolOutcome.OK ? 0 : 1;
            }
        }
        assertEquals(0, failed);
    }

    @Test
    void should_not_lose_a_call_when_one_of_two_servers_is_killed() throws Exception {
        RealToolbox other = RealToolbox.overSampleShop();
        try (other;
                RoundRobin balancer = new RoundRobin(server.port(), other.port())) {
            McpToolbox toolbox = toolbox(balancer.port(), "/mcp");
            Tool tool = customers(toolbox);
            for (int i = 0; i < 20; i++) {
                assertEquals(ToolOutcome.OK, call(toolbox, tool).outcome());
                assertTrue(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
            }
            other.kill();
            for (int i = 0; i < 20; i++) {
                ToolAnswer result = call(toolbox, tool);
                assertEquals(ToolOutcome.OK, result.outcome(), result.text());
            }
            assertTrue(toolbox.catalog(Identity.ANONYMOUS, soon()).available());
        }
    }
}
