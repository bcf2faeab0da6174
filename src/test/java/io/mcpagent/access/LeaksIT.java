package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.support.Project;
import java.io.IOException;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs by itself when all other integration tests have run, see pom.xml: what their agents gave out must have none of what was secret in them. */
class LeaksIT {

    @Test
    void should_find_no_secret_in_any_log_answer_span_or_metric_of_all_tests() throws IOException {
        Leaks leaks = new Leaks(Project.directory().resolve("target"), began());
        System.out.printf("%s files searched for %d secrets%n", leaks.searched(), leaks.secrets());
        assertTrue(
                leaks.secrets() > 0
                        && leaks.searched().get("agent-logs") > 0
                        && leaks.searched().get("agent-answers") > 0,
                "nothing to search: run the other integration tests first");
        assertEquals(List.of(), leaks.found());
    }

    /** When this build began: what an earlier one left is none of its business. */
    private static FileTime began() {
        try {
            return FileTime.from(Instant.parse(System.getProperty("build.began", "")));
        } catch (DateTimeParseException e) {
            return FileTime.fromMillis(0);
        }
    }
}
