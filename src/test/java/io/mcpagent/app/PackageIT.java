package io.mcpagent.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.support.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is delivered holds the agent, and nothing that only development needs. */
class PackageIT {

    @Test
    void should_contain_neither_the_local_services_nor_sample_data() throws IOException {
        List<String> entries = entries(packaged());
        assertTrue(
                entries.contains("io/mcpagent/chat/ChatResource.class"),
                "this looks into the wrong place: " + entries.size() + " entries");
        assertEquals(
                List.of(),
                entries.stream()
                        .filter(entry -> entry.startsWith("io/mcpagent/local")
                                || entry.matches(".*(LocalBedrock|OfflineModel).*")
                                || entry.matches(".*\\.(sql|db|ya?ml)")
                                || entry.contains("sample"))
                        .toList());
    }

    /** Where the jar is that the application, or the native executable, was made of. */
    private static Path packaged() {
        if (!Boolean.getBoolean("agent.native")) {
            return Project.directory().resolve("target/quarkus-app/app");
        }
        Path executable = Path.of(System.getProperty("native.image.path"));
        return executable.resolveSibling(
                executable.getFileName().toString().replaceFirst("-runner$", "-native-image-source-jar"));
    }

    private static List<String> entries(Path folder) throws IOException {
        try (Stream<Path> jars = Files.list(folder)) {
            return jars.filter(jar -> jar.toString().endsWith(".jar"))
                    .flatMap(PackageIT::entriesOf)
                    .toList();
        }
    }

    private static Stream<String> entriesOf(Path jar) {
        try (JarFile open = new JarFile(jar.toFile())) {
            return open.stream().map(entry -> entry.getName()).toList().stream();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
