package io.mcpagent.turn;

import static io.mcpagent.turn.TurnRig.decides;
import static io.mcpagent.turn.TurnRig.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.model.Content;
import io.mcpagent.model.StopReason;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What turns leave in the audit trail. */
class TurnAuditTest {

    private final TurnRig rig = new TurnRig();

    @AfterEach
    void end() {
        rig.close();
    }

    @Test
    void should_record_each_call_before_it_is_made_and_after_it() {
        rig.tools.behaviour = (tool, arguments) -> new ToolAnswer(ToolOutcome.OK, "[]", 3, 0L);
        rig.model.wants("t1", "read", "t2", "forbidden", "t3", "absent").says("Done.");
        String run = rig.run(says("c", "Look")).runId();
        assertThat(rig.audit.told())
                .containsExactlyInAnyOrder(
                        "call_refused forbidden denied",
                        "call_refused absent unknown_tool",
                        "call_begin read",
                        "call_end read ok");
        assertThat(rig.audit.records()).allSatisfy(record -> {
            assertThat(record.path("caller").asText()).isEqualTo(TurnRig.ANN);
            assertThat(record.path("conversationId").asText()).isEqualTo("c");
            assertThat(record.path("runId").asText()).isEqualTo(run);
        });
        JsonNode end = rig.audit.records().getLast();
        assertThat(end.path("rows").asLong(-1)).isZero();
        assertThat(rig.audit.flaw()).isNull();
    }

    @Test
    void should_record_who_decided_before_the_call_is_made() {
        rig.model.wants("t1", "write", "t2", "write").says("Done.");
        rig.run(says("c", "Write"));
        rig.run(decides("c", "t1", false));
        rig.run(decides("c", "t2", true));
        assertThat(rig.audit.told())
                .containsExactly(
                        "approval_asked write",
                        "approval_asked write",
                        "declined write",
                        "approved write",
                        "call_begin write",
                        "call_end write ok");
    }

    @Test
    void should_record_that_an_approved_call_is_refused_after_all() {
        rig.model.wants("t1", "write");
        rig.run(says("c", "Write"));
        rig.tools.forbidsWrites = true;
        rig.model.says("It may not be.");
        rig.run(decides("c", "t1", true));
        assertThat(rig.audit.told())
                .containsExactly("approval_asked write", "approved write", "call_refused write denied");
        assertThat(rig.tools.called).isEmpty();
    }

    @Test
    void should_make_no_call_that_may_write_if_it_can_not_be_recorded_and_make_it_later() {
        rig.model.wants("t1", "write");
        rig.run(says("c", "Write"));
        rig.audit.down = true;
        assertThat(rig.fails(decides("c", "t1", true)).problem()).isEqualTo(Problem.AUDIT_UNAVAILABLE);
        rig.model.wants("t2", "allowed_write");
        assertThat(rig.fails(says("d", "Write")).problem()).isEqualTo(Problem.AUDIT_UNAVAILABLE);
        assertThat(rig.tools.called).isEmpty();
        assertThat(rig.audit.failures.get()).isPositive();
        rig.audit.down = false;
        rig.audit.records();
        rig.model.says("Done.");
        rig.run(decides("c", "t1", true));
        assertThat(rig.tools.called).containsExactly("write{\"n\":0}");
        assertThat(rig.audit.told()).contains("call_end allowed_write not_sent");
        assertThat(rig.audit.flaw()).isNull();
    }

    @Test
    void should_go_on_reading_when_the_store_is_down_and_record_it_later() {
        rig.audit.down = true;
        rig.model.wants("t1", "read", "t2", "read").says("Done.");
        rig.run(says("c", "Look"));
        assertThat(rig.tools.called).hasSize(2);
        assertThat(rig.audit.stored()).isEmpty();
        rig.audit.down = false;
        assertThat(rig.audit.told())
                .containsExactlyInAnyOrder(
                        "call_begin read", "call_begin read", "call_end read ok", "call_end read ok");
    }

    @Test
    void should_record_a_turn_that_a_budget_ended() {
        try (TurnRig poor = new TurnRig("budget.request-tokens", "10")) {
            assertThat(poor.fails(says("c", "Hi")).problem()).isEqualTo(Problem.BUDGET_EXCEEDED);
            assertThat(poor.audit.told()).containsExactly("budget_refused");
        }
    }

    /** What a kill at any moment leaves behind is what is stored then: each call that had been made is among it, once. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void should_have_recorded_each_call_that_was_made_whenever_the_process_dies(long seed) {
        Random random = new Random(seed);
        List<String> wrong = new ArrayList<>();
        Set<String> excused = new HashSet<>();
        int[] steps = {0};
        Runnable look = () -> {
            synchronized (rig.tools.called) {
                steps[0]++;
                List<String> begun = rig.audit.stored().stream()
                        .filter(record -> record.path("kind").asText().equals("call_begin"))
                        .map(record -> record.path("tool").asText()
                                + record.path("arguments").asText())
                        .toList();
                for (String made : rig.tools.called) {
                    // A read may be made without a record while the store is down.
                    if (rig.audit.down && made.startsWith("read") && !begun.contains(made)) {
                        excused.add(made);
                    }
                    if (!excused.contains(made)
                            && begun.stream().filter(made::equals).count() != 1) {
                        wrong.add(made + " was made, but " + begun + " was recorded");
                    }
                }
            }
        };
        rig.audit.beforeAppend = look;
        rig.tools.behaviour = (tool, arguments) -> {
            look.run();
            if (random.nextInt(8) == 0) {
                throw new IllegalStateException("broken");
            }
            look.run();
            return new ToolAnswer(ToolOutcome.OK, "[]", 1);
        };
        String[] tools = {"read", "read", "write", "allowed_write", "forbidden"};
        int calls = 0;
        for (int turn = 0; turn < 25; turn++) {
            String id = "c" + turn;
            List<String> wanted = new ArrayList<>();
            List<Content> uses = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(3); i++) {
                String tool = tools[random.nextInt(tools.length)];
                wanted.add("t" + calls);
                uses.add(new Content.ToolUse("t" + calls, tool, "{\"n\":" + calls + "}"));
                calls++;
            }
            rig.model.stops(StopReason.TOOL_USE, uses.toArray(Content[]::new));
            rig.audit.down = random.nextInt(6) == 0;
            rig.model.says("Done.").says("Done.").says("Done.").says("Done.");
            tried(says(id, "Go"));
            for (String call : wanted) {
                tried(decides(id, call, random.nextBoolean()));
            }
            rig.audit.down = false;
            // What was not recorded while the store was down is recorded now.
            rig.audit.records();
            rig.model.forget();
        }
        rig.audit.records();
        look.run();
        assertThat(wrong.stream().limit(3)).isEmpty();
        assertThat(rig.audit.flaw()).isNull();
        assertThat(steps[0]).isGreaterThan(100);
        assertThat(rig.tools.called).hasSizeGreaterThan(10);
    }

    private void tried(Question question) {
        try {
            rig.run(question);
        } catch (ProblemException e) {
            assertThat(e.problem()).isNotNull();
        }
    }
}
