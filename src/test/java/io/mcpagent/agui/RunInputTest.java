package io.mcpagent.agui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunInputTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void should_read_the_last_message_as_the_question() {
        RunInput input = of("\"messages\": [{\"role\": \"user\", \"content\": \"first\"},"
                + "{\"role\": \"assistant\", \"content\": \"answer\"}, {\"role\": \"user\", \"content\": \"second\"}]");
        assertThat(input.threadId()).isEqualTo("t");
        assertThat(input.runId()).isEqualTo("r");
        assertThat(input.question()).isEqualTo("second");
        assertThat(input.verdicts()).isEmpty();
    }

    @Test
    void should_join_the_parts_of_a_text() {
        assertThat(of("\"messages\": [{\"role\": \"user\", \"content\":"
                                + "[{\"type\": \"text\", \"text\": \"one\"}, {\"type\": \"text\", \"text\": \"two\"}]}]")
                        .question())
                .isEqualTo("one\ntwo");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"messages\": []",
                "\"messages\": {}",
                "\"messages\": [{\"role\": \"assistant\", \"content\": \"hi\"}]",
                "\"messages\": [{\"role\": \"user\", \"content\": \" \"}]",
                "\"messages\": [{\"role\": \"user\", \"content\": []}]",
                "\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image\"}]}]",
                "\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": 7}]}]",
                "\"resume\": {}",
                "\"resume\": \"yes\"",
                "\"resume\": [{\"status\": \"cancelled\"}]",
                "\"resume\": [{\"interruptId\": 7, \"status\": \"cancelled\"}]",
                "\"resume\": [{\"interruptId\": \"a\", \"status\": \"cancelled\"}, {\"interruptId\": \"a\", \"status\": \"cancelled\"}]",
                "\"resume\": [{\"interruptId\": \"a\"}]",
                "\"resume\": [{\"interruptId\": \"a\", \"status\": \"done\"}]",
                "\"resume\": [{\"interruptId\": \"a\", \"status\": \"resolved\"}]",
                "\"resume\": [{\"interruptId\": \"a\", \"status\": \"resolved\", \"payload\": {\"approved\": \"true\"}}]",
                "\"resume\": [{\"interruptId\": \"a\", \"status\": \"resolved\", \"payload\": {\"approved\": 1}}]",
                "\"resume\": [{\"interruptId\": \"a\", \"status\": \"resolved\", \"payload\": {\"approved\": true, \"digest\": 7}}]",
                "\"resume\": [{\"interruptId\": \"a\", \"status\": \"cancelled\", \"payload\": {\"reason\": [\"no\"]}}]",
            })
    void should_refuse_what_asks_or_decides_nothing_clear(String members) {
        assertThat(refused("{\"threadId\": \"t\", \"runId\": \"r\", " + members + "}"))
                .isEqualTo(Problem.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "[]",
                "{}",
                "{\"threadId\": \"t\"}",
                "{\"threadId\": \" \", \"runId\": \"r\"}",
                "{\"threadId\": 1, \"runId\": \"r\"}",
                "{\"threadId\": \"t\", \"runId\": [\"r\"]}"
            })
    void should_refuse_what_is_no_input_or_has_no_ids(String body) {
        assertThat(refused(body)).isEqualTo(Problem.INVALID_REQUEST);
    }

    @Test
    void should_take_ids_up_to_255_characters() {
        String body =
                "{\"threadId\": \"%s\", \"runId\": \"r\", \"messages\": [{\"role\": \"user\", \"content\": \"q\"}]}";
        assertThat(of(parsed(body.formatted("t".repeat(255)))).threadId()).hasSize(255);
        assertThat(refused(body.formatted("t".repeat(256)))).isEqualTo(Problem.INVALID_REQUEST);
    }

    @Test
    void should_answer_interrupts_instead_of_a_question() {
        RunInput input = of("\"messages\": [{\"role\": \"user\", \"content\": \"q\"}], \"resume\": ["
                + "{\"interruptId\": \"a\", \"status\": \"resolved\", \"payload\":"
                + " {\"approved\": true, \"editedArgs\": {\"id\": 7}, \"digest\": \"d\"}},"
                + "{\"interruptId\": \"b\", \"status\": \"resolved\", \"payload\": {\"approved\": false, \"reason\": \"no\"}},"
                + "{\"interruptId\": \"c\", \"status\": \"cancelled\", \"payload\": {\"approved\": true}}]");
        assertThat(input.question()).isNull();
        assertThat(input.verdicts()).extracting(verdict -> verdict.approve()).containsExactly(true, false, false);
        assertThat(input.verdicts()).extracting(verdict -> verdict.callId()).containsExactly("a", "b", "c");
        assertThat(input.verdicts().get(0).edited().json()).isEqualTo("{\"id\":7}");
        assertThat(input.verdicts().get(0).digest()).isEqualTo("d");
        assertThat(input.verdicts().get(1).reason()).isEqualTo("no");
        assertThat(input.verdicts().get(1).edited()).isNull();
    }

    @Test
    void should_refuse_edited_arguments_that_are_none() {
        assertThat(refused("{\"threadId\": \"t\", \"runId\": \"r\", \"resume\": [{\"interruptId\": \"a\","
                        + " \"status\": \"resolved\", \"payload\": {\"approved\": true, \"editedArgs\": [7]}}]}"))
                .isEqualTo(Problem.INVALID_REQUEST);
    }

    private static RunInput of(String members) {
        return of(parsed("{\"threadId\": \"t\", \"runId\": \"r\", " + members + "}"));
    }

    private static RunInput of(JsonNode body) {
        return RunInput.of(body);
    }

    private static Problem refused(String body) {
        ProblemException refused = catchThrowableOfType(ProblemException.class, () -> RunInput.of(parsed(body)));
        assertThat(refused).as(body + " was not refused").isNotNull();
        return refused.problem();
    }

    private static JsonNode parsed(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(body, e);
        }
    }
}
