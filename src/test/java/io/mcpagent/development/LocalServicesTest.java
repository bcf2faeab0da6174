package io.mcpagent.development;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalServicesTest {

    @Test
    void should_find_a_jar_below_a_folder_whose_name_has_a_space(@TempDir Path home) throws Exception {
        Path jar = Files.createFile(
                Files.createDirectories(home.resolve("Jane Doe ü/.m2")).resolve("x.jar"));
        assertThat(LocalServices.file(jar.toUri().toURL())).isEqualTo(jar.toString());
    }
}
