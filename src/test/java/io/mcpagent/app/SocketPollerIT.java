package io.mcpagent.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.Script;
import io.mcpagent.turn.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What wakes a virtual thread when its bytes arrive. The fault that this avoids comes once in some hundred starts of a native executable:
 * too rarely to wait for it here.
 */
class SocketPollerIT {

    @Test
    void should_be_a_thread_of_the_system_in_a_native_executable() throws IOException {
        try (Stage stage = Stage.withoutTools(URI.create("http://127.0.0.1:1/mcp"))) {
            stage.when("Take your time", Script.text("Here I am.").delay(Duration.ofMillis(300)));
            assertTrue(stage.ask(false, stage.conversation(), "Take your time").succeeded());
            assertEquals(
                    Boolean.getBoolean("agent.native")
                            ? List.of("Read-Poller", "Write-Poller")
                            : List.of("MasterPoller"),
                    pollers(stage.agent().pid()));
        }
    }

    private static List<String> pollers(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            return threads.map(SocketPollerIT::name)
                    .filter(name -> name.endsWith("Poller"))
                    .sorted()
                    .toList();
        }
    }

    private static String name(Path task) {
        try {
            return Files.readString(task.resolve("comm")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
