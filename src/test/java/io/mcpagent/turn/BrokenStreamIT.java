package io.mcpagent.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.support.RealToolbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** However a model's answer breaks, its turn ends soon and says so, and the conversation is as it was. */
class BrokenStreamIT {

    private static final int AT_ONCE = 8;
    private static final Duration IDLE = Duration.ofSeconds(3);
    private static final Script.Reply TEXT = Script.text("Four customers are from France.");
    private static final Script.Reply CALL =
            Script.call("get_customer", Answer.JSON.createObjectNode().put("customer_id", 1));
    private static final AtomicInteger QUESTIONS = new AtomicInteger();

    private static RealToolbox toolbox;
    private static Stage stage;

    private record Broken(String conversation, JsonNode before, String question, Answer answer, Duration took) {

        /** An error that names what happened and nothing else. */
        void assertFailed(Set<String> problems) {
            assertTrue(problems.contains(answer.problem()), () -> question + ": " + answer);
        }

        void assertUnchanged() {
            assertEquals(before, stage.show(conversation), question);
            Answer next = stage.ask(question.hashCode() % 2 == 0, conversation, "And now?");
            assertTrue(next.succeeded(), () -> question + ": " + next);
        }
    }

    @BeforeAll
    static void start() {
        toolbox = RealToolbox.overSampleShop();
        // A breaker would answer most of these turns itself.
        stage = Stage.with(
                toolbox.url(),
                "AGENT_MODEL_IDLE_TIMEOUT",
                IDLE.toMillis() + "ms",
                "AGENT_MODEL_BREAKER_FAILURES",
                "100000",
                "AGENT_MODEL_MAX_ATTEMPTS",
                "1");
        Together.run(AT_ONCE, AT_ONCE, i -> stage.conversation());
    }

    @AfterAll
    static void stop() {
        stage.close();
        toolbox.close();
    }

    /** Asks with each fault, several at once, some as JSON where {@code alsoJson}. */
    private static List<Broken> ask(String what, List<? extends Script> scripts, boolean streaming) {
        return Together.run(scripts.size(), AT_ONCE, i -> {
            String question = what + " " + i + " " + (streaming ? "streamed " : "whole ") + QUESTIONS.incrementAndGet();
            String conversation = stage.conversation();
            JsonNode before = stage.show(conversation);
            stage.when(question, scripts.get(i));
            long start = System.nanoTime();
            Answer answer = stage.ask(streaming, conversation, question);
            return new Broken(conversation, before, question, answer, Duration.ofNanos(System.nanoTime() - start));
        });
    }

    private static List<Script.Reply> atEachBoundary(Script.Reply reply, Function<Integer, Fault> fault) {
        List<Script.Reply> all = new ArrayList<>();
        for (int frame = 0; frame < reply.frames(); frame++) {
            all.add(reply.fault(fault.apply(frame)));
        }
        return all;
    }

    private static void check(List<Broken> all, Set<String> problems) {
        Times times = new Times();
        all.forEach(broken -> {
            broken.assertFailed(problems);
            times.add(broken.took());
        });
        Together.run(all.size(), AT_ONCE, i -> {
            all.get(i).assertUnchanged();
            return null;
        });
        System.out.println(all.getFirst().question() + " and the like: " + times);
    }

    private static void cutEverywhere(Script.Reply reply, String what) {
        for (Cut how : Cut.values()) {
            check(
                    ask(what + " cut by " + how, atEachBoundary(reply, frame -> new Fault.CutAt(frame, how)), true),
                    Set.of("model-failed", "model-unavailable"));
        }
    }

    @Test
    void should_fail_and_change_nothing_when_a_text_is_cut_at_any_boundary() {
        cutEverywhere(TEXT, "text");
    }

    @Test
    void should_fail_and_change_nothing_when_a_tool_call_is_cut_at_any_boundary() {
        cutEverywhere(CALL, "tool call");
        assertEquals(
                0,
                stage.bedrock().requests().stream()
                        .filter(request -> request.body().toString().contains("toolResult"))
                        .count(),
                "no half tool call was made");
    }

    @Test
    void should_fail_and_change_nothing_when_the_answer_to_a_tool_result_is_cut_at_any_boundary() {
        List<Script.Rounds> rounds = new ArrayList<>();
        for (Cut how : Cut.values()) {
            atEachBoundary(TEXT, frame -> new Fault.CutAt(frame, how))
                    .forEach(broken -> rounds.add(Script.Rounds.of(CALL, broken)));
        }
        List<Broken> all = ask("second round", rounds, true);
        all.forEach(broken -> assertTrue(
                broken.answer().events().stream()
                        .anyMatch(event -> event.path("type").asText().equals("TOOL_CALL_RESULT")),
                broken.answer()::toString));
        check(all, Set.of("model-failed", "model-unavailable"));
    }

    @Test
    void should_fail_and_change_nothing_at_damage_in_any_frame() {
        check(ask("damaged text", atEachBoundary(TEXT, Fault.CorruptCrcAt::new), true), Set.of("model-failed"));
        check(ask("damaged call", atEachBoundary(CALL, Fault.CorruptCrcAt::new), true), Set.of("model-failed"));
        check(ask("too large", List.of(TEXT.fault(new Fault.OversizedAt(2, 20 << 20))), true), Set.of("model-failed"));
    }

    @Test
    void should_fail_and_change_nothing_at_an_exception_in_any_place() {
        for (String type : List.of(
                "throttlingException",
                "internalServerException",
                "modelStreamErrorException",
                "serviceUnavailableException",
                "validationException")) {
            check(
                    ask(type, atEachBoundary(TEXT, frame -> new Fault.ExceptionAt(frame, type, "scripted")), true),
                    Set.of("model-failed", "model-unavailable", "model-busy", "model-refused"));
        }
    }

    @Test
    void should_fail_and_change_nothing_when_the_model_falls_silent_in_any_place() {
        List<Broken> all = ask("silence", atEachBoundary(TEXT, frame -> new Fault.StallAt(frame, null)), true);
        all.addAll(ask("silence in a call", atEachBoundary(CALL, frame -> new Fault.StallAt(frame, null)), true));
        Times times = new Times();
        all.forEach(broken -> times.add(broken.took()));
        check(all, Set.of("deadline-exceeded", "model-failed", "model-unavailable"));
        assertTrue(times.at(1).compareTo(IDLE.multipliedBy(20)) < 0, times::toString);
        assertTrue(times.at(0).compareTo(IDLE) >= 0, times::toString);
    }

    @Test
    void should_answer_with_a_problem_when_a_whole_answer_breaks() {
        List<Script.Reply> broken = List.of(
                TEXT.fault(new Fault.CutAt(0, Cut.FIN)),
                TEXT.fault(new Fault.CutAt(0, Cut.RESET)),
                CALL.fault(new Fault.CutAt(0, Cut.FIN)),
                CALL.fault(new Fault.CutAt(0, Cut.RESET)),
                TEXT.fault(new Fault.CorruptCrcAt(0)));
        List<Broken> all = ask("whole", broken, false);
        all.forEach(each -> {
            assertTrue(each.answer().status() >= 500, each.answer()::toString);
            assertEquals(
                    "application/problem+json",
                    each.answer().headers().firstValue("content-type").orElse(""));
        });
        check(all, Set.of("model-failed", "model-unavailable"));
    }

    @Test
    void should_not_mix_two_answers_when_it_asks_again() {
        try (Stage again =
                Stage.with(toolbox.url(), "AGENT_MODEL_MAX_ATTEMPTS", "3", "AGENT_MODEL_BREAKER_FAILURES", "100000")) {
            int wholeOnes = 0;
            for (Script.Reply broken : atEachBoundary(TEXT, frame -> new Fault.CutAt(frame, Cut.RESET))) {
                again.bedrock().script(broken);
                again.when("Ask again", Script.text("A second answer."));
                Answer answer = again.askStreaming(null, "Ask again");
                if (answer.succeeded()) {
                    wholeOnes++;
                    assertEquals("A second answer.", answer.streamedText());
                    assertEquals("A second answer.", answer.text());
                } else {
                    assertTrue(TEXT.blocks().getFirst() instanceof Script.Block.Text(String text)
                            && text.startsWith(answer.streamedText()));
                }
            }
            assertTrue(wholeOnes >= 1, "a cut before the first token is worth another attempt");
        }
    }
}
