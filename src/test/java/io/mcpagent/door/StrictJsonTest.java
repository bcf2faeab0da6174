package io.mcpagent.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.problem.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person edits reaches the tool as they wrote it, or not at all. */
class StrictJsonTest {

    private final ObjectMapper json = new ObjectMapper();

    StrictJsonTest() {
        new StrictJson().customize(json);
    }

    private String edited(String arguments) throws JsonProcessingException {
        return json.readValue("{\"approve\":true,\"arguments\":" + arguments + "}", Decided.class)
                .verdict("c")
                .edited()
                .json();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1.50}", "{\"a\":0.1,\"b\":[9007199254740992]}", "{\"a\":\"9007199254740993\"}"})
    void should_keep_edited_arguments_as_they_are(String arguments) throws Exception {
        assertThat(edited(arguments)).isEqualTo(arguments);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":9007199254740993.0}",
                "{\"a\":0.30000000000000000001}",
                "{\"a\":1e400}",
                "{\"a\":1e-400}",
                "{\"a\":9007199254740993}"
            })
    void should_refuse_an_edited_number_that_would_be_rounded(String arguments) {
        assertThatThrownBy(() -> edited(arguments))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("can't be sent exactly");
    }

    @Test
    void should_call_a_number_that_nothing_can_hold_malformed() {
        assertThatThrownBy(() -> edited("{\"a\":1e99999999999}")).isInstanceOf(JsonProcessingException.class);
    }
}
