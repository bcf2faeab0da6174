package io.mcpagent.turn;

import static io.mcpagent.turn.TurnRig.says;
import static io.mcpagent.turn.TurnRig.streamed;
import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.model.ModelException;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What spans and metrics say of a turn's model calls and tool calls. */
class SeenTurnsTest {

    private static final String CHAT = "chat " + ScriptedModel.ID;
    private static final String ANSWERED = CHAT + " 10 tokens";
    private static final String TURN = "invoke_agent mcp-agent";

    @Test
    void should_show_each_model_call_and_tool_call() {
        try (TurnRig rig = new TurnRig()) {
            rig.model
                    .wants("t1", "read", "t2", "forbidden", "t3", "no_such_tool")
                    .says("Done.");
            rig.run(streamed("c", "Look"));
            assertThat(rig.seen.ended()).containsExactly(ANSWERED, "execute_tool read", ANSWERED, TURN + " 20 tokens");
            assertThat(rig.seen.points("agent.tool.calls"))
                    .isEqualTo(Map.of(
                            List.of("ok", "read"),
                            1L,
                            List.of("error", "forbidden"),
                            1L,
                            List.of("error", "other"),
                            1L));
            assertThat(rig.seen.points("agent.time_to_first_token")).isEqualTo(Map.of(List.of(), 1L));
        }
    }

    @Test
    void should_measure_no_first_text_where_nothing_is_streamed() {
        try (TurnRig rig = new TurnRig()) {
            rig.model.says("Done.");
            rig.run(says("c", "Look"));
            assertThat(rig.seen.points("agent.time_to_first_token")).isEmpty();
        }
    }

    @Test
    void should_end_the_spans_of_what_failed() {
        try (TurnRig rig = new TurnRig()) {
            rig.tools.behaviour = (tool, arguments) -> new ToolAnswer(ToolOutcome.ERROR, "no", 0);
            rig.model.wants("t1", "read").then(SeenTurnsTest::fails);
            rig.fails(says("c", "Look"));
            assertThat(rig.seen.ended())
                    .containsExactly(
                            ANSWERED, "execute_tool read failed", CHAT + " failed", TURN + " failed 10 tokens");
            assertThat(rig.seen.points("agent.tool.calls")).isEqualTo(Map.of(List.of("error", "read"), 1L));
        }
    }

    @Test
    void should_end_the_spans_of_what_was_broken_off() {
        try (TurnRig rig = new TurnRig()) {
            rig.tools.behaviour = (tool, arguments) -> {
                throw new InterruptedException();
            };
            rig.model.wants("t1", "read");
            rig.fails(says("c", "Look"));
            assertThat(rig.seen.ended())
                    .containsExactly(ANSWERED, "execute_tool read failed", TURN + " failed 10 tokens");
        }
    }

    @Test
    void should_show_the_call_that_sums_up() {
        try (TurnRig rig = new TurnRig("model.max-history-tokens", "1000", "model.summary-id", "cheap")) {
            for (int i = 0; i < 2; i++) {
                rig.model.says("x".repeat(3_000));
                rig.run(says("c", "y".repeat(2_500)));
            }
            rig.model.then(SeenTurnsTest::fails).says("Three.").says("Short.").says("Four.");
            rig.run(says("c", "z"));
            assertThat(last(3, rig.seen.ended())).containsExactly("chat cheap failed", ANSWERED, TURN + " 10 tokens");
            rig.run(says("c", "z"));
            assertThat(last(3, rig.seen.ended()))
                    .containsExactly("chat cheap 10 tokens", ANSWERED, TURN + " 20 tokens");
        }
    }

    private static ModelReply fails(ModelRequest request) throws ModelException {
        throw new ModelException(ModelException.Kind.UNAVAILABLE, "no", false, null);
    }

    private static <T> List<T> last(int count, List<T> all) {
        return all.subList(all.size() - count, all.size());
    }
}
