package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.support.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nothing is written raw that was not serialised here: neither a model's text, nor a tool's, nor a client's. */
class RawWritesTest {

    private static final Pattern RAW = Pattern.compile("writeRaw|putRawValue|JsonRawValue|RawValue\\(");

    /** What may be written raw: a constant, the text of {@link Arguments}, a schema that was read and written again, or the mark of a cache point, two constants of ours. */
    private static final Pattern ALLOWED = Pattern.compile(
            "writeRawValue\\((arguments|toolUse\\.input\\(\\)|approval\\.arguments\\(\\))\\.json\\(\\)\\)"
                    + "|writeRawValue\\((ToolsJson\\.)?[A-Z_]+\\)"
                    + "|writeRawValue\\((tools|cachePoint)\\)"
                    + "|writeRawValue\\(tool\\.inputSchema\\(\\)\\)"
                    + "|putRawValue\\(\"arguments\", new RawValue\\(arguments\\.json\\(\\)\\)\\)"
                    + "|writeRaw\\((DATA|END|data)\\)"
                    + "|writeRawValue\\(cachePoint\\)");

    @Test
    void should_write_nothing_raw_that_was_not_serialised_here() throws IOException {
        List<String> found = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Project.directory().resolve("src/main/java"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                for (String line : Files.readAllLines(file)) {
                    if (RAW.matcher(line).find() && !line.startsWith("import ")) {
                        found.add(line);
                        if (RAW.matcher(ALLOWED.matcher(line).replaceAll("")).find()) {
                            unknown.add(file.getFileName() + ":" + line);
                        }
                    }
                }
            }
        }
        assertThat(unknown).isEmpty();
        assertThat(found).hasSizeGreaterThan(8);
    }
}
