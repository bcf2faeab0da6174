package io.mcpagent.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.mcpagent.support.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The search that ends the integration tests finds what is planted, and nothing else. */
class LeaksTest {

    private static final FileTime EVER = FileTime.fromMillis(0);
    private static final String KEY = "key-of-billing-5f1c7a90";
    private static final String QUESTION = "What does customer 7 owe, and söce when?";

    @TempDir
    private Path target;

    private List<String> leaks(String folder, String text) throws IOException {
        write(Said.SECRETS, Said.CREDENTIAL + "\t" + KEY + "\n" + Said.CONTENT + "\t" + QUESTION + "\n");
        write("agent-logs", "2026-01-01 INFO [io.quarkus] started\n");
        write(folder, text);
        return new Leaks(target, EVER).found();
    }

    private void write(String folder, String text) throws IOException {
        Files.writeString(Files.createDirectories(target.resolve(folder)).resolve("1-1.log"), text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "agent-logs      | Key key-of-billing-5f1c7a90 is unknown",
                "agent-logs      | A question: What does customer 7 owe, and söce when?",
                "agent-logs      | eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl",
                "agent-logs      | Authorization: Bearer 0123456789abcdef0123456789",
                "agent-logs      | could not connect: password=hunter2",
                "agent-telemetry | gen_ai.prompt: What does customer 7 owe, and söce when?",
                "agent-telemetry | http.request.header.x_api_key=key-of-billing-5f1c7a90",
                "agent-answers   | detail: key-of-billing-5f1c7a90 is not valid",
                "agent-answers   | java.lang.NullPointerException",
                "agent-answers   | io.mcpagent.access.ApiKeys"
            })
    void should_find_a_planted_one(String folder, String text) throws IOException {
        List<String> found = leaks(folder, text + "\n");
        assertEquals(1, found.size(), found.toString());
        assertFalse(found.getFirst().contains(KEY) || found.getFirst().contains(QUESTION), found.toString());
    }

    @Test
    void should_let_an_answer_say_what_was_asked() throws IOException {
        assertEquals(List.of(), leaks(Said.ANSWERS, "{\"answer\":\"" + QUESTION + "\"}"));
        assertEquals(
                List.of(),
                leaks(
                        "agent-logs",
                        "2026-01-01 WARN [io.mcpagent.turn.Failures] A turn failed (model-busy): the model throttles\n"));
    }

    @Test
    void should_leave_out_what_an_earlier_build_left() throws IOException {
        leaks("agent-logs", KEY);
        assertEquals(List.of(), new Leaks(target, FileTime.fromMillis(System.currentTimeMillis() + 60_000)).found());
    }
}
