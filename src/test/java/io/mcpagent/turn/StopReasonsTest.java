package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.model.Content;
import io.mcpagent.model.StopReason;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each reason to stop is an outcome with words for the reader, whole and streamed, with text and without. */
class StopReasonsTest {

    @ParameterizedTest
    @CsvSource({
        "end_turn, COMPLETED, ''",
        "stop_sequence, COMPLETED, ''",
        "max_tokens, MAX_TOKENS, The answer was cut",
        "model_context_window_exceeded, MAX_TOKENS, The answer was cut",
        "guardrail_intervened, GUARDRAIL, A guardrail stepped in",
        "content_filtered, GUARDRAIL, A guardrail stepped in",
        "refusal, DECLINED, The model declined",
        "malformed_tool_use, MALFORMED, could not be used",
        "malformed_model_output, MALFORMED, could not be used"
    })
    void should_have_an_outcome_and_words_for_the_reader(String wire, TurnOutcome outcome, String notice) {
        for (String text : new String[] {"Half of", ""}) {
            try (TurnRig rig = new TurnRig()) {
                rig.model.stops(StopReason.of(wire), new Content.Text(text)).says("Well.");
                TurnResult result = rig.run(TurnRig.streamed("c", "Say"));
                String shown = rig.events.stream()
                        .filter(TurnEvent.TextDelta.class::isInstance)
                        .map(event -> ((TurnEvent.TextDelta) event).delta())
                        .collect(Collectors.joining());
                assertThat(result.outcome()).isEqualTo(outcome);
                assertThat(shown).isEqualTo(result.answer()).isNotBlank();
                assertThat(String.join(" ", result.notices())).contains(notice);
                // What was held back, or declined, would be so again.
                rig.run(TurnRig.says("c", "And now?"));
                boolean left = outcome == TurnOutcome.GUARDRAIL || outcome == TurnOutcome.DECLINED;
                assertThat(rig.model.asked.getLast().messages()).hasSize(left ? 1 : 3);
            }
        }
    }
}
