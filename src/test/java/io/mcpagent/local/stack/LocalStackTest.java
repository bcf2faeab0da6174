package io.mcpagent.local.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mcpagent.local.Children;
import io.mcpagent.support.Await;
import io.mcpagent.support.McpCalls;
import io.mcpagent.support.Project;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.support.SampleShop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStackTest {

    @TempDir
    Path folder;

    @BeforeAll
    static void installToolbox() {
        RealToolbox.binary();
    }

    private StackProcess stack() throws IOException {
        return new StackProcess(
                projectCopy(),
                Map.of("TOOLBOX_BIN", RealToolbox.binary().program().toString()));
    }

    // A folder of its own, so that the tests share neither a database nor a pid file with a stack in use.
    private Path projectCopy() throws IOException {
        Path copy = folder.resolve("project");
        Files.createDirectories(copy.resolve("toolbox-config/sample"));
        for (String file :
                List.of("tools.sqlite.yaml", "sample/sqlite.sql", "sample/tools.write.yaml", "package.json")) {
            Path target = copy.resolve("toolbox-config").resolve(file);
            if (!Files.exists(target)) {
                Files.copy(Project.toolboxConfig(file), target);
            }
        }
        return copy;
    }

    private static McpCalls tools(StackProcess stack) {
        return new McpCalls(URI.create("http://127.0.0.1:" + stack.toolboxPort + "/mcp"));
    }

    private static void assertListens(int port) throws IOException {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
    }

    @Test
    void should_serve_the_sample_shop_and_the_local_bedrock_once_it_says_ready() throws Exception {
        StackProcess stack = stack();
        try (stack) {
            stack.run(stack.commandFromSources()).awaitReady();
            assertTrue(
                    stack.output()
                            .contains("local: ready toolbox=http://127.0.0.1:" + stack.toolboxPort
                                    + "/mcp bedrock=http://127.0.0.1:" + stack.bedrockPort + "\n"),
                    stack.output());
            assertTrue(stack.output().lines().allMatch(line -> line.startsWith("local: ")), stack.output());
            assertEquals(
                    1,
                    tools(stack)
                            .call("get_order", Map.of("order_id", 42))
                            .rows()
                            .size());
            assertListens(stack.bedrockPort);
        }
    }

    @Test
    void should_end_with_everything_when_its_standard_input_ends() throws Exception {
        try (StackProcess stack = stack().start().awaitReady()) {
            assertEquals(1, stack.toolboxes().size());
            stack.process().getOutputStream().close();
            stack.awaitNoProcess();
            assertEquals(0, stack.process().exitValue());
        }
    }

    @Test
    void should_end_with_everything_on_sigterm() throws Exception {
        try (StackProcess stack = stack().start().awaitReady()) {
            stack.process().destroy();
            stack.awaitNoProcess();
        }
    }

    @Test
    void should_end_quietly_when_the_whole_terminal_group_gets_ctrl_c() throws Exception {
        assumeTrue(Children.onPath("setsid").isPresent(), "there is no setsid to make a process group with");
        StackProcess stack = stack();
        List<String> command = new ArrayList<>(List.of("setsid", "env", "--default-signal=INT"));
        // A script that starts the tests with & has them ignore Ctrl-C, which no terminal does, and it is inherited:
        // hence env.
        command.addAll(stack.command());
        try (stack) {
            stack.run(command).awaitReady();
            assertEquals(
                    0,
                    new ProcessBuilder(
                                    "kill", "-INT", "--", "-" + stack.process().pid())
                            .start()
                            .waitFor());
            stack.awaitNoProcess();
            assertFalse(stack.output().contains("starting it again"), stack.output());
        }
    }

    @Test
    void should_leave_no_toolbox_when_it_is_killed() throws Exception {
        assumeTrue(Children.onPath("setpriv").isPresent(), "only the kernel could do that, through setpriv");
        try (StackProcess stack = stack().start().awaitReady()) {
            assertEquals(1, stack.toolboxes().size());
            stack.process().destroyForcibly();
            stack.awaitNoProcess();
        }
    }

    @Test
    void should_end_with_everything_when_the_process_that_started_it_is_killed() throws Exception {
        assumeTrue(Children.onPath("bash").isPresent(), "there is no bash to play the parent");
        StackProcess stack = stack();
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", "exec 4>&1; coproc { exec \"$@\" >&4; }; wait", "parent"));
        command.addAll(stack.command());
        try (stack) {
            stack.run(command).awaitReady();
            ProcessHandle child = stack.process().children().findFirst().orElseThrow();
            stack.process().destroyForcibly();
            stack.awaitNoProcess();
            Await.until("the stack to end", () -> !child.isAlive());
        }
    }

    @Test
    void should_end_its_own_stale_toolbox_and_no_other_process_at_the_next_start() throws Exception {
        StackProcess stack = stack();
        Path pidFile = Files.createDirectories(projectCopy().resolve("target/local"))
                .resolve("toolbox-" + stack.toolboxPort + ".pid");
        Path config = projectCopy().resolve("toolbox-config/tools.sqlite.yaml");
        Path notes = Files.writeString(folder.resolve("toolbox-notes"), "");
        try (RealToolbox stale = RealToolbox.startOn(stack.toolboxPort, List.of(config), SampleShop.environment());
                stack) {
            Files.write(pidFile, List.of(Long.toString(stale.pid()), Long.toString(startOf(stale.pid()))));
            stack.start().awaitReady();
            assertFalse(stale.isAlive());
            assertEquals(1, stack.toolboxes().size());
            stack.process().getOutputStream().close();
            stack.awaitNoProcess();

            Process innocent = Children.start(new ProcessBuilder("tail", "-f", notes.toString()));
            Files.write(
                    pidFile, List.of(Long.toString(innocent.pid()), Long.toString(startOf(innocent.pid()) - 5_000)));
            stack.start().awaitLine("serves at");
            assertTrue(innocent.isAlive(), "a process with another start time was ended");
            innocent.destroyForcibly();
        }
    }

    private static long startOf(long pid) {
        return ProcessHandle.of(pid)
                .orElseThrow()
                .info()
                .startInstant()
                .orElseThrow()
                .toEpochMilli();
    }

    @Test
    void should_start_the_toolbox_again_when_it_ends() throws Exception {
        try (StackProcess stack = stack().start().awaitReady()) {
            ProcessHandle first = stack.toolboxes().getFirst();
            first.destroyForcibly();
            Await.until(
                    "another toolbox to answer",
                    () -> !first.isAlive() && tools(stack).tools().size() == 10);
            assertTrue(stack.output().contains("starting it again"), stack.output());
        }
    }

    @Test
    @SuppressWarnings("try") // The port is given back in the middle: that is what is tested.
    void should_name_a_taken_toolbox_port_and_start_once_it_is_free() throws Exception {
        StackProcess stack = stack();
        try (stack;
                ServerSocket other = new ServerSocket(stack.toolboxPort, 1, InetAddress.getLoopbackAddress())) {
            stack.start().awaitReady();
            assertTrue(
                    stack.output()
                            .contains("local: Port " + stack.toolboxPort
                                    + ", which the toolbox needs, is taken by another program."
                                    + " Free it or set TOOLBOX_PORT.\n"),
                    stack.output());
            assertTrue(stack.output().contains("ready toolbox=none bedrock=http://127.0.0.1:" + stack.bedrockPort));
            assertListens(stack.bedrockPort);
            other.close();
            stack.awaitLine("serves at");
            assertEquals(
                    1,
                    stack.output()
                            .lines()
                            .filter(line -> line.contains("is taken"))
                            .count());
        }
    }

    @Test
    void should_name_a_taken_bedrock_port_and_go_on() throws Exception {
        StackProcess stack = stack();
        try (stack;
                ServerSocket _ = new ServerSocket(stack.bedrockPort, 1, InetAddress.getLoopbackAddress())) {
            stack.start().awaitReady();
            assertTrue(
                    stack.output()
                            .contains(
                                    "local: Port " + stack.bedrockPort
                                            + ", which the local Bedrock needs, is taken by another program. Free it or set LOCAL_BEDROCK_PORT.\n"),
                    stack.output());
            assertEquals(10, tools(stack).tools().size());
        }
    }

    @Test
    void should_say_in_one_line_what_to_install_and_go_on_without_tools() throws Exception {
        Path nothing = Files.createDirectories(folder.resolve("nothing"));
        try (StackProcess stack =
                new StackProcess(projectCopy(), Map.of("PATH", nothing.toString(), "TOOLBOX_BIN", ""))) {
            stack.start().awaitReady();
            assertEquals(
                    1,
                    stack.output()
                            .lines()
                            .filter(line -> line.contains("install Node.js with npm"))
                            .count());
            assertTrue(stack.output().contains("ready toolbox=none bedrock=http"), stack.output());
            assertListens(stack.bedrockPort);
            assertTrue(stack.process().isAlive());
        }
    }

    @Test
    void should_load_the_writing_tool_beside_the_others_on_request() throws Exception {
        StackProcess stack = stack();
        try (stack) {
            stack.start(
                            "--no-bedrock",
                            "--toolbox-configs",
                            "toolbox-config/tools.sqlite.yaml,toolbox-config/sample/tools.write.yaml")
                    .awaitReady();
            assertTrue(stack.output().contains(" bedrock=none"), stack.output());
            McpCalls tools = tools(stack);
            assertFalse(tools.call("update_order_status", Map.of("order_id", 42, "status", "returned"))
                    .isError());
            assertEquals(
                    "returned",
                    tools.call("get_order", Map.of("order_id", 42))
                            .rows()
                            .getFirst()
                            .get("status")
                            .asText());
            assertTrue(tools.call("update_order_status", Map.of("order_id", 42, "status", "lost"))
                    .isError());
        }
    }

    @Test
    void should_refuse_an_unknown_option_with_a_sentence() throws Exception {
        try (StackProcess stack = stack().start("--colour")) {
            stack.awaitLine("There is no option --colour.");
            assertTrue(stack.process().waitFor(60, TimeUnit.SECONDS));
            assertEquals(2, stack.process().exitValue());
        }
    }
}
