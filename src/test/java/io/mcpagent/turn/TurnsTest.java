package io.mcpagent.turn;

import static io.mcpagent.turn.TurnRig.ANN;
import static io.mcpagent.turn.TurnRig.decides;
import static io.mcpagent.turn.TurnRig.keyed;
import static io.mcpagent.turn.TurnRig.says;
import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.config.TestSettings;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.MemoryStore;
import io.mcpagent.conversation.MovableClock;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.ModelException;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.model.Role;
import io.mcpagent.model.StopReason;
import io.mcpagent.model.Usage;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of a request: what is taken for it, how it ends, and that all of it is given back. */
class TurnsTest {

    private TurnRig rig = new TurnRig();

    @AfterEach
    void end() {
        rig.close();
    }

    private void restart(String... settings) {
        rig.close();
        rig = new TurnRig(settings);
    }

    @Test
    void should_answer_and_store_the_turn() {
        rig.model.wants("t1", "read").says("One row.");
        TurnResult result = rig.run(says("c", "How many?"));
        assertThat(result.outcome()).isEqualTo(TurnOutcome.COMPLETED);
        assertThat(result.answer()).isEqualTo("One row.");
        assertThat(result.model()).isEqualTo(ScriptedModel.ID);
        assertThat(result.receipt().modelCalls()).isEqualTo(2);
        assertThat(result.receipt().toolCalls()).isEqualTo(1);
        TurnRecord stored = rig.stored("c").turns().getFirst();
        assertThat(stored.messages())
                .extracting(Message::role)
                .containsExactly(Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT);
        assertThat(stored.calls()).extracting("outcome").containsExactly(ToolOutcome.OK);
        assertThat(stored.runId()).isEqualTo(result.runId());
        assertThat(rig.allFree("c", null)).isTrue();
        assertThat(rig.seen.turns()).isEqualTo(Map.of("completed", 1L));
        assertThat(rig.seen.spanOutcomes()).containsExactly("completed");
        assertThat(rig.seen.lines()).extracting(line -> line.getMdc("outcome")).containsExactly("completed");
        assertThat(rig.seen.lines()).extracting(line -> line.getMdc("tools")).containsExactly("read");
    }

    @Test
    void should_tell_its_events_in_their_order() {
        rig.model.wants("t1", "read").says("One row.");
        TurnResult result = rig.run(TurnRig.streamed("c", "How many?"));
        assertThat(rig.events)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly(
                        "Started",
                        "ToolCallStarted",
                        "ToolCallInput",
                        "ToolCallEnded",
                        "ToolCallResult",
                        "TextStarted",
                        "TextDelta",
                        "TextEnded");
        assertThat(rig.events.getFirst()).isEqualTo(new TurnEvent.Started("c", result.runId()));
    }

    @Test
    void should_go_on_with_a_conversation() {
        rig.model.says("Hello.").says("Still here.");
        rig.run(says("c", "Hi"));
        rig.run(says("c", "There?"));
        assertThat(rig.model.asked.getLast().messages())
                .extracting(Message::text)
                .containsExactly("Hi", "Hello.", "There?");
        assertThat(rig.stored("c").turns()).hasSize(2);
    }

    /** B1: such a turn was counted as failed, which alarms. */
    @Test
    void should_say_of_a_turn_that_is_not_stored_what_it_says_of_a_stored_one() {
        rig.model.says("Hello.");
        TurnResult result = rig.run(new Question.Unstored(Identity.of(ANN), List.of(), "Hi", false, null));
        assertThat(result.outcome()).isEqualTo(TurnOutcome.COMPLETED);
        assertThat(rig.seen.turns()).isEqualTo(Map.of("completed", 1L));
        assertThat(rig.seen.spanOutcomes()).containsExactly("completed");
        assertThat(rig.seen.lines()).singleElement().satisfies(line -> {
            assertThat(line.getMdc("outcome")).isEqualTo("completed");
            assertThat(line.getMdc("problem")).isNull();
            assertThat(line.getMdc("model")).isEqualTo(ScriptedModel.ID);
        });
        assertThat(rig.store.list(ANN, 10)).isEmpty();
        assertThat(rig.runs.count()).isZero();
        assertThat(rig.places).isZero();
    }

    @Test
    void should_give_the_model_the_history_that_the_caller_keeps() {
        rig.model.says("Yes.");
        TurnRecord brought = new TurnRecord(
                "brought",
                java.time.Instant.EPOCH,
                null,
                List.of(Message.user("Hi"), new Message(Role.ASSISTANT, List.of(new Content.Text("Hello.")))),
                List.of(),
                null);
        rig.run(new Question.Unstored(Identity.of(ANN), List.of(brought), "There?", false, null));
        assertThat(rig.model.asked.getLast().messages())
                .extracting(Message::text)
                .containsExactly("Hi", "Hello.", "There?");
    }

    @ParameterizedTest
    @EnumSource(
            value = StopReason.class,
            names = {"MAX_TOKENS", "CONTEXT_WINDOW_EXCEEDED", "GUARDRAIL_INTERVENED", "CONTENT_FILTERED"})
    void should_say_why_an_answer_is_not_whole(StopReason why) {
        rig.model.stops(why, new Content.Text("Half of"));
        TurnResult result = rig.run(says("c", "Hi"));
        TurnOutcome expected = why == StopReason.MAX_TOKENS || why == StopReason.CONTEXT_WINDOW_EXCEEDED
                ? TurnOutcome.MAX_TOKENS
                : TurnOutcome.GUARDRAIL;
        assertThat(result.outcome()).isEqualTo(expected);
        assertThat(result.notices()).hasSize(1);
        assertThat(rig.seen.turns()).isEqualTo(Map.of(expected.word(), 1L));
        assertThat(rig.stored("c").turns()).hasSize(1);
    }

    /** K3: the guardrail would hold it back with each later question, for ever. */
    @Test
    void should_not_send_again_what_a_guardrail_held_back() {
        rig.model.stops(StopReason.GUARDRAIL_INTERVENED).says("Gladly.");
        rig.run(says("c", "Something forbidden"));
        rig.run(says("c", "Something else"));
        assertThat(rig.model.asked.getLast().messages())
                .extracting(Message::text)
                .containsExactly("Something else");
        assertThat(rig.stored("c").turns()).hasSize(2);
    }

    /** K3: a reply that ended within the model's thinking left a block without a signature, and each later turn was refused. */
    @Test
    void should_not_send_back_thinking_without_a_signature() {
        rig.model
                .stops(StopReason.MAX_TOKENS, new Content.Reasoning("I was cut", null, null))
                .says("Fine.");
        rig.run(says("c", "Think"));
        rig.run(says("c", "Well?"));
        io.mcpagent.model.ConverseRulesTest.assertValid(
                rig.model.asked.getLast().messages());
    }

    @Test
    void should_ask_once_more_without_a_history_that_the_model_refuses() {
        rig.model
                .says("Hello.")
                .then(request -> {
                    throw new ModelException(ModelException.Kind.INVALID, "messages.0: no", false, null);
                })
                .says("Here I am.");
        rig.run(says("c", "Hi"));
        TurnResult result = rig.run(says("c", "There?"));
        assertThat(result.answer()).isEqualTo("Here I am.");
        assertThat(result.notices()).containsExactly(Texts.HISTORY_LEFT_OUT);
        assertThat(rig.model.asked.getLast().messages())
                .extracting(Message::text)
                .containsExactly("There?");
        assertThat(rig.stored("c").turns()).hasSize(2);
    }

    @Test
    void should_not_offer_a_tool_again_that_was_the_reason_when_another_request_is_refused() {
        rig.model
                .says("Hello.")
                .then(request -> {
                    throw new ModelException(ModelException.Kind.INVALID, "toolConfig.tools.1: no", false, null);
                })
                .wants("t1", "read")
                .then(request -> {
                    throw new ModelException(ModelException.Kind.INVALID, "messages.0: no", false, null);
                })
                .says("Here I am.");
        rig.run(says("c", "Hi"));
        assertThat(rig.run(says("c", "There?")).answer()).isEqualTo("Here I am.");
        assertThat(rig.tools.refused).containsExactly("write");
        assertThat(rig.model.asked.getLast().tools())
                .extracting(tool -> tool.name())
                .containsExactly("read", "allowed_write", "forbidden");
    }

    @Test
    void should_give_up_when_the_model_refuses_the_question_itself() {
        ScriptedModel.Step refuses = request -> {
            throw new ModelException(ModelException.Kind.INVALID, "no", false, null);
        };
        rig.model.says("Hello.").then(refuses).then(refuses);
        rig.run(says("c", "Hi"));
        assertThat(rig.fails(says("c", "There?")).problem()).isEqualTo(Problem.MODEL_REFUSED);
        assertThat(rig.model.asked).hasSize(3);
    }

    @Test
    void should_stop_at_the_longest_number_of_steps_and_say_so() {
        restart("turn.max-steps", "2");
        rig.model.wants("t1", "read").wants("t2", "read");
        TurnResult result = rig.run(TurnRig.streamed("c", "Hi"));
        assertThat(result.outcome()).isEqualTo(TurnOutcome.STEP_LIMIT);
        assertThat(result.answer()).isEqualTo(Texts.stepLimit(2));
        assertThat(rig.events)
                .filteredOn(event -> event instanceof TurnEvent.TextDelta)
                .extracting(event -> ((TurnEvent.TextDelta) event).delta())
                .containsExactly(Texts.stepLimit(2));
        assertThat(rig.stored("c").turns().getFirst().messages().getLast().role())
                .isEqualTo(Role.ASSISTANT);
    }

    @Test
    void should_say_that_it_had_no_tools() {
        rig.tools.available = false;
        rig.model.says("I can't know.");
        TurnResult result = rig.run(says("c", "How many?"));
        assertThat(result.notices()).containsExactly(Texts.TOOLS_UNAVAILABLE);
        assertThat(rig.model.asked.getFirst().system()).endsWith(Texts.TELL_MODEL_NO_TOOLS);
        assertThat(rig.model.asked.getFirst().tools()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(ModelException.Kind.class)
    void should_leave_everything_as_it_was_when_the_model_fails(ModelException.Kind kind) {
        ScriptedModel.Step fails = request -> {
            throw new ModelException(kind, "no", false, null);
        };
        rig.model.says("Hello.").then(fails).then(fails);
        rig.run(says("c", "Hi"));
        Conversation before = rig.stored("c");
        ProblemException told = rig.fails(keyed("c", "There?", "key"));
        assertThat(told.problem().status()).isGreaterThanOrEqualTo(500);
        assertThat(rig.stored("c")).isEqualTo(before);
        assertThat(rig.allFree("c", "key")).isTrue();
        assertThat(rig.seen.turns()).isEqualTo(Map.of("completed", 1L, "failed", 1L));
        assertThat(rig.seen.lines().getLast().getMdc("problem"))
                .isEqualTo(told.problem().slug());
    }

    @Test
    void should_refuse_what_the_budget_does_not_allow() {
        restart("budget.request-tokens", "10");
        ProblemException told = rig.fails(says("c", "Hi"));
        assertThat(told.problem()).isEqualTo(Problem.BUDGET_EXCEEDED);
        assertThat(rig.model.asked).isEmpty();
        assertThat(rig.seen.turns()).isEqualTo(Map.of("refused", 1L));
        assertThat(rig.allFree("c", null)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Run.Reason.class)
    void should_stop_for_a_reason_and_leave_everything_as_it_was(Run.Reason reason) {
        rig.model.then(request -> {
            rig.begun.getLast().cancel(reason);
            // As a request to the model does: it waits, and is interrupted.
            new CountDownLatch(1).await();
            throw new AssertionError("unreachable");
        });
        ProblemException told = rig.fails(keyed("c", "Hi", "key"));
        assertThat(told.problem())
                .isEqualTo(
                        switch (reason) {
                            case CLIENT_GONE, DELETED -> Problem.TURN_CANCELLED;
                            case DEADLINE -> Problem.DEADLINE_EXCEEDED;
                            case SHUTDOWN -> Problem.SHUTTING_DOWN;
                        });
        assertThat(rig.store.find(ANN, "c")).isEmpty();
        assertThat(rig.allFree("c", "key")).isTrue();
        assertThat(rig.seen.turns()).isEqualTo(Map.of(reason == Run.Reason.DEADLINE ? "failed" : "cancelled", 1L));
    }

    @Test
    void should_be_stopped_by_its_deadline_and_by_nothing_else() {
        restart("turn.deadline", "50ms");
        rig.model.then(request -> {
            new CountDownLatch(1).await(60, TimeUnit.SECONDS);
            throw new AssertionError("the deadline did not stop the turn");
        });
        assertThat(rig.fails(says("c", "Hi")).problem()).isEqualTo(Problem.DEADLINE_EXCEEDED);
        assertThat(rig.allFree("c", null)).isTrue();
    }

    @Test
    void should_not_stop_a_turn_whose_answer_is_whole() {
        rig.model.then(request -> {
            rig.begun.getLast().cancel(Run.Reason.CLIENT_GONE);
            // The interrupt is there, but nothing of the model's reply waited for it.
            Thread.interrupted();
            return new ScriptedModel().says("Whole.").converse(request);
        });
        TurnResult result = rig.run(says("c", "Hi"));
        assertThat(result.outcome()).isEqualTo(TurnOutcome.COMPLETED);
        assertThat(rig.stored("c").turns()).hasSize(1);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void should_end_well_when_the_client_stops_reading_its_events() {
        rig.model.says("Hello.");
        try (OpenTurn turn = rig.open(TurnRig.streamed("c", "Hi"))) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> turn.run(event -> {
                        throw new UncheckedIOException(new IOException("gone"));
                    })))
                    .isInstanceOfSatisfying(
                            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.TURN_CANCELLED));
        }
        assertThat(rig.allFree("c", null)).isTrue();
        assertThat(rig.seen.turns()).isEqualTo(Map.of("cancelled", 1L));
    }

    @Test
    void should_count_a_turn_that_dies_of_an_error_as_failed_and_free_everything() {
        rig.model.then(request -> {
            throw new StackOverflowError("of a reply");
        });
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> rig.run(says("c", "Hi"))))
                .isInstanceOf(StackOverflowError.class);
        assertThat(rig.allFree("c", null)).isTrue();
        assertThat(rig.seen.turns()).isEqualTo(Map.of("failed", 1L));
        assertThat(rig.seen.lines().getFirst().getMdc("problem")).isEqualTo("internal-error");
    }

    @Test
    void should_refuse_a_second_turn_in_a_conversation_that_is_taken() {
        try (OpenTurn first = rig.open(says("c", "Hi"))) {
            assertThat(first.conversationId()).isEqualTo("c");
            assertThat(rig.fails(says("c", "There?")).problem()).isEqualTo(Problem.CONVERSATION_BUSY);
            assertThat(rig.runs.count()).isEqualTo(1);
        }
        assertThat(rig.allFree("c", null)).isTrue();
    }

    @Test
    void should_stop_the_run_of_the_owner_and_of_nobody_else() {
        try (OpenTurn turn = rig.open(says("c", "Hi"))) {
            assertThat(rig.runs.cancel("bob", "c")).isFalse();
            assertThat(rig.begun.getFirst().reason()).isNull();
            assertThat(rig.runs.cancel(ANN, "c")).isTrue();
            assertThat(rig.begun.getFirst().reason()).isEqualTo(Run.Reason.DELETED);
            assertThat(turn.runId()).isEqualTo(rig.begun.getFirst().id());
        }
        assertThat(rig.runs.cancel(ANN, "c")).isFalse();
    }

    @Test
    void should_refuse_a_question_while_a_call_waits_for_a_person() {
        rig.model.wants("t1", "write");
        rig.run(says("c", "Delete it"));
        ProblemException told = rig.fails(keyed("c", "And now?", "key"));
        assertThat(told.problem()).isEqualTo(Problem.APPROVAL_PENDING);
        assertThat(rig.seen.turns()).isEqualTo(Map.of("approval_required", 1L, "refused", 1L));
        assertThat(rig.allFree("c", "key")).isTrue();
    }

    @Test
    void should_take_nothing_when_the_caller_is_not_admitted() {
        ProblemException full = new ProblemException(Problem.RATE_LIMITED, "Too many.");
        Client refused = new Client() {
            @Override
            public Slot admit() {
                throw full;
            }

            @Override
            public void began(Run run) {
                throw new AssertionError("no run may begin");
            }
        };
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> rig.open(keyed("c", "Hi", "key"), refused)))
                .isSameAs(full);
        assertThat(rig.store.steps()).isEmpty();
        assertThat(rig.seen.turns()).isEmpty();
    }

    @Test
    void should_free_everything_when_the_client_fails_as_the_run_begins() {
        Client broken = new Client() {
            @Override
            public Slot admit() {
                return rig.client.admit();
            }

            @Override
            public void began(Run run) {
                throw new IllegalStateException("the connection is in an odd state");
            }
        };
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> rig.open(keyed("c", "Hi", "key"), broken)))
                .isInstanceOfSatisfying(
                        ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.INTERNAL_ERROR));
        assertThat(rig.allFree("c", "key")).isTrue();
    }

    @Test
    void should_begin_nothing_while_the_process_ends() throws InterruptedException {
        assertThat(rig.runs.drain(Duration.ofSeconds(1))).isTrue();
        assertThat(rig.fails(keyed("c", "Hi", "key")).problem()).isEqualTo(Problem.SHUTTING_DOWN);
        assertThat(rig.allFree("c", "key")).isTrue();
    }

    @Test
    void should_wait_for_the_last_turn_when_the_process_ends() throws InterruptedException {
        CountDownLatch waiting = new CountDownLatch(1);
        rig.model.then(request -> {
            waiting.countDown();
            new CountDownLatch(1).await();
            throw new AssertionError("unreachable");
        });
        Thread turn = Thread.startVirtualThread(() -> rig.fails(says("c", "Hi")));
        waiting.await();
        assertThat(rig.runs.drain(Duration.ofMillis(20))).isFalse();
        turn.join();
        assertThat(rig.seen.turns()).isEqualTo(Map.of("cancelled", 1L));
        assertThat(rig.runs.count()).isZero();
    }

    // --- Idempotency

    @Test
    void should_give_the_answer_of_before_to_a_repeated_request() {
        rig.model.says("Once.");
        rig.run(keyed("c", "Hi", "key"));
        try (OpenTurn again = rig.open(keyed("c", "Hi", "key"))) {
            assertThat(again.earlierAnswer()).isEqualTo("Once.");
            assertThat(rig.places).as("places taken by an answer that is there").isZero();
        }
        assertThat(rig.model.asked).hasSize(1);
        assertThat(rig.stored("c").turns()).hasSize(1);
        assertThat(rig.seen.turns()).isEqualTo(Map.of("completed", 1L));
    }

    @Test
    void should_refuse_a_key_that_is_used_for_something_else_or_still_runs() {
        try (OpenTurn running = rig.open(keyed("c", "Hi", "key"))) {
            ProblemException told = rig.fails(keyed("d", "Hi", "key"));
            assertThat(told.problem()).isEqualTo(Problem.REQUEST_RUNNING);
            assertThat(told.retryAfter()).isEqualTo(Duration.ofSeconds(2));
            assertThat(rig.fails(keyed("d", "Something else", "key")).problem())
                    .isEqualTo(Problem.IDEMPOTENCY_KEY_REUSED);
            assertThat(running.earlierAnswer()).isNull();
        }
        // What was refused must not have freed the first one's key; now that is free.
        rig.model.says("Hello.");
        assertThat(rig.run(keyed("c", "Hi", "key")).answer()).isEqualTo("Hello.");
    }

    // --- Approvals

    private void askForAWrite() {
        rig.model.wants("t1", "write");
        TurnResult waiting = rig.run(says("c", "Write it"));
        assertThat(waiting.outcome()).isEqualTo(TurnOutcome.APPROVAL_REQUIRED);
        assertThat(waiting.approvals()).extracting(Approval::callId).containsExactly("t1");
        assertThat(rig.tools.called).isEmpty();
    }

    @Test
    void should_run_an_approved_call_once_and_go_on() {
        askForAWrite();
        rig.model.says("Written.");
        TurnResult result = rig.run(decides("c", "t1", true));
        assertThat(result.outcome()).isEqualTo(TurnOutcome.COMPLETED);
        assertThat(rig.tools.called).containsExactly("write{\"n\":0}");
        assertThat(result.receipt().modelCalls()).isEqualTo(2);
        Conversation stored = rig.stored("c");
        assertThat(stored.pending()).isNull();
        assertThat(stored.turns())
                .singleElement()
                .satisfies(
                        turn -> assertThat(turn.calls()).extracting("outcome").containsExactly(ToolOutcome.OK));
        assertThat(rig.fails(decides("c", "t1", true)).problem()).isEqualTo(Problem.APPROVAL_DECIDED);
        assertThat(rig.tools.called).hasSize(1);
        assertThat(rig.allFree("c", null)).isTrue();
    }

    @Test
    void should_not_run_a_declined_call() {
        askForAWrite();
        rig.model.says("Not written.");
        TurnResult result = rig.run(decides("c", "t1", false));
        assertThat(result.calls()).extracting("outcome").containsExactly(ToolOutcome.DECLINED);
        assertThat(rig.tools.called).isEmpty();
        Message answered = rig.model.asked.getLast().messages().getLast();
        assertThat(answered.content()).containsExactly(new Content.ToolResult("t1", Texts.DECLINED, true));
    }

    @Test
    void should_not_run_a_call_of_a_tool_that_has_changed() {
        askForAWrite();
        // K6: what the list said of it within its TTL ran the changed tool.
        rig.tools.cachedFingerprint = "f1";
        rig.tools.writeFingerprint = "another";
        assertThat(rig.fails(decides("c", "t1", true)).problem()).isEqualTo(Problem.TOOL_CHANGED);
        assertThat(rig.tools.called).isEmpty();
        assertThat(rig.stored("c").pending().approvals()).singleElement().satisfies(approval -> {
            assertThat(approval.state()).isEqualTo(Approval.Stage.PENDING);
            assertThat(approval.fingerprint()).isEqualTo("another");
        });
        // Whoever has looked at it again approves what is there now.
        rig.model.says("Written.");
        rig.run(decides("c", "t1", true));
        assertThat(rig.tools.called).hasSize(1);
    }

    @Test
    void should_let_an_approved_call_wait_while_its_tool_can_not_be_looked_at() {
        askForAWrite();
        rig.tools.gone = true;
        ProblemException told = rig.fails(decides("c", "t1", true));
        assertThat(told.problem()).isEqualTo(Problem.TOOLS_UNAVAILABLE);
        assertThat(told.retryAfter()).isPositive();
        assertThat(rig.tools.called).isEmpty();
        rig.tools.gone = false;
        rig.model.says("Written.");
        assertThat(rig.run(decides("c", "t1", true)).outcome()).isEqualTo(TurnOutcome.COMPLETED);
        assertThat(rig.tools.called).hasSize(1);
    }

    @Test
    void should_refuse_a_decision_on_nothing() {
        askForAWrite();
        assertThat(rig.fails(decides("c", "other", true)).problem()).isEqualTo(Problem.APPROVAL_NOT_FOUND);
        assertThat(rig.fails(decides("elsewhere", "t1", true)).problem()).isEqualTo(Problem.CONVERSATION_NOT_FOUND);
        assertThat(rig.tools.called).isEmpty();
        assertThat(rig.stored("c").pending().approvals())
                .extracting(Approval::state)
                .containsExactly(Approval.Stage.PENDING);
        assertThat(rig.allFree("c", null)).isTrue();
    }

    @Test
    void should_wait_for_the_rest_when_one_of_two_calls_is_decided() {
        rig.model.wants("t1", "write", "t2", "write");
        rig.run(says("c", "Write both"));
        TurnResult still = rig.run(decides("c", "t2", true));
        assertThat(still.outcome()).isEqualTo(TurnOutcome.APPROVAL_REQUIRED);
        assertThat(rig.tools.called).containsExactly("write{\"n\":1}");
        rig.model.says("Both.");
        rig.run(decides("c", "t1", true));
        // The model gets the results in the order in which it asked.
        assertThat(rig.model.asked.getLast().messages().getLast().content())
                .extracting(content -> ((Content.ToolResult) content).toolUseId())
                .containsExactly("t1", "t2");
    }

    @Test
    void should_go_on_without_calls_that_nobody_approved_in_time() {
        restart("tools.approval-timeout", "0s");
        rig.model.wants("t1", "write");
        rig.run(says("c", "Write it"));
        assertThat(rig.fails(decides("c", "t1", true)).problem()).isEqualTo(Problem.APPROVAL_EXPIRED);
        rig.model.says("Not written.");
        TurnResult result = rig.run(says("c", "Well?"));
        assertThat(result.calls()).extracting("outcome").containsExactly(ToolOutcome.DECLINED);
        assertThat(withoutNotes(rig.model.asked.getLast().messages().getLast()))
                .containsExactly(new Content.ToolResult("t1", Texts.EXPIRED, true), new Content.Text("Well?"));
        assertThat(rig.tools.called).isEmpty();
    }

    /** B2: with DynamoDB such a conversation stayed taken for the whole lease. */
    @Test
    void should_free_the_conversation_when_the_model_fails_after_an_approved_call() {
        askForAWrite();
        rig.model.then(request -> {
            throw new ModelException(ModelException.Kind.UNAVAILABLE, "no", false, null);
        });
        ProblemException told = rig.fails(decides("c", "t1", true));
        assertThat(told.problem()).isEqualTo(Problem.MODEL_UNAVAILABLE);
        assertThat(told.detail()).isEqualTo(Texts.BROKEN_OFF);
        assertThat(rig.tools.called).hasSize(1);
        assertThat(rig.allFree("c", null)).isTrue();
        // The call's result is there, and a later question goes on with it.
        rig.model.says("It is written.");
        rig.run(says("c", "Well?"));
        assertThat(rig.model.asked.getLast().messages())
                .extracting(TurnsTest::withoutNotes)
                .contains(List.of(new Content.ToolResult("t1", "[{\"rows\":1}]", false)))
                .endsWith(List.of(new Content.Text(Texts.BROKEN_OFF)), List.of(new Content.Text("Well?")));
        assertThat(rig.tools.called).hasSize(1);
    }

    /** K6: the same key wrote three times. */
    @ParameterizedTest
    @EnumSource(ModelException.Kind.class)
    void should_store_a_turn_that_wrote_whatever_the_model_does_then(ModelException.Kind kind) {
        rig.model.wants("t1", "allowed_write", "t2", "read").then(request -> {
            throw new ModelException(kind, "no", false, null);
        });
        ProblemException told = rig.fails(keyed("c", "Write it", "key"));
        assertThat(told.detail()).isEqualTo(Texts.BROKEN_OFF);
        assertWrittenOnce("key");
    }

    @ParameterizedTest
    @EnumSource(Run.Reason.class)
    void should_store_a_turn_that_wrote_when_it_is_stopped_within_the_write(Run.Reason reason) {
        rig.model.wants("t0", "read", "t1", "allowed_write", "t2", "allowed_write");
        rig.tools.behaviour = (tool, arguments) -> {
            if (tool.equals("read")) {
                return new ToolAnswer(ToolOutcome.OK, "[]", 1);
            }
            rig.begun.getLast().cancel(reason);
            new CountDownLatch(1).await();
            throw new AssertionError("unreachable");
        };
        rig.fails(keyed("c", "Write it", "key"));
        TurnRecord stored = rig.stored("c").turns().getFirst();
        assertThat(stored.calls())
                .extracting("outcome")
                .containsExactly(ToolOutcome.OK, ToolOutcome.OUTCOME_UNKNOWN, ToolOutcome.UNAVAILABLE);
        rig.tools.called.remove(0);
        assertWrittenOnce("key");
    }

    @Test
    void should_store_a_turn_that_wrote_when_its_reader_breaks() {
        rig.model.wants("t1", "allowed_write").says("Done.");
        try (OpenTurn turn = rig.open(keyed("c", "Write it", "key"))) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> turn.run(event -> {
                        if (event instanceof TurnEvent.ToolCallResult) {
                            throw new UncheckedIOException(new IOException("gone"));
                        }
                    })))
                    .isInstanceOf(ProblemException.class);
        }
        assertWrittenOnce("key");
    }

    /** K6: a process that was killed within an allowed write left nothing, and the same key wrote again. */
    @Test
    void should_say_after_a_kill_that_the_outcome_of_a_write_is_not_known() {
        MovableClock clock = MovableClock.atNow();
        MemoryStore memory = MemoryStore.empty(clock);
        try (TurnRig killed = new TurnRig(new FaultyStore(memory, Mishap.NONE))) {
            killed.model.wants("t1", "allowed_write");
            killed.tools.behaviour = (tool, arguments) -> {
                // Nothing of what the process does after this may count.
                killed.store.failAt(0, FaultyStore.Fault.NOT_DONE);
                throw new Mishap.Killed();
            };
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> killed.run(keyed("c", "Write it", "key"))))
                    .isInstanceOf(Mishap.Killed.class);
        }
        try (TurnRig next = new TurnRig(new FaultyStore(memory, Mishap.NONE))) {
            assertThat(next.stored("c").pending().calls())
                    .extracting("outcome")
                    .containsExactly(ToolOutcome.OUTCOME_UNKNOWN);
            assertThat(next.fails(keyed("c", "Write it", "key")).problem()).isEqualTo(Problem.REQUEST_RUNNING);
            clock.advance(Duration.ofMinutes(5));
            try (OpenTurn again = next.open(keyed("c", "Write it", "key"))) {
                assertThat(again.earlierAnswer()).isEqualTo(Texts.BROKEN_OFF);
            }
            next.model.says("I don't know.");
            TurnResult result = next.run(says("c", "Was it written?"));
            assertThat(result.notices()).containsExactly(Texts.UNKNOWN_BEFORE);
            assertThat(withoutNotes(next.model.asked.getLast().messages().getLast()))
                    .containsExactly(
                            new Content.ToolResult("t1", Texts.OUTCOME_UNKNOWN, true),
                            new Content.Text("Was it written?"));
            assertThat(next.tools.called).isEmpty();
        }
    }

    private static List<Content> withoutNotes(Message message) {
        return message.content().stream()
                .filter(block -> !(block instanceof Content.Note))
                .toList();
    }

    @Test
    void should_tell_the_day_with_each_question_and_never_change_what_was_sent() {
        rig.model.wants("t1", "read").says("Four.").says("Five.");
        rig.run(says("c", "How many last month?"));
        rig.run(says("c", "And this month?"));
        Set<Content> notes = new HashSet<>();
        List<Message> before = List.of();
        for (ModelRequest request : rig.model.asked) {
            assertThat(request.system()).doesNotContain("Today is");
            assertThat(request.messages().subList(0, before.size())).isEqualTo(before);
            before = request.messages();
        }
        for (Message message : before) {
            boolean question = message.role() == Role.USER && !message.text().isEmpty();
            List<Content> told = new ArrayList<>(message.content());
            told.removeAll(withoutNotes(message));
            assertThat(told).hasSize(question ? 1 : 0);
            notes.addAll(told);
        }
        assertThat(notes)
                .allSatisfy(note -> assertThat(((Content.Note) note).text())
                        .matches("\\(Today is [A-Z][a-z]+day, \\d{4}-\\d\\d-\\d\\d\\. The time zone is UTC\\.\\)"));
        assertThat(rig.stored("c").turns().getFirst().messages().getFirst().text())
                .isEqualTo("How many last month?");
    }

    @Test
    void should_tell_the_day_before_all_else_when_the_caller_keeps_the_conversation() {
        rig.model.says("Four.");
        rig.run(new Question.Unstored(Identity.of(TurnRig.ANN), List.of(), "How many?", false, null));
        ModelRequest request = rig.model.asked.getFirst();
        assertThat(request.system()).contains("(Today is ").contains("The time zone is UTC.");
        assertThat(request.messages()).containsExactly(Message.user("How many?"));
    }

    @Test
    void should_know_the_day_where_the_readers_are() {
        Instant late = Instant.parse("2026-11-30T23:30:00Z");
        assertThat(Today.at(late, ZoneId.of("UTC"))).contains("Monday, 2026-11-30. The time zone is UTC.");
        assertThat(Today.at(late, ZoneId.of("Europe/Berlin")))
                .contains("Tuesday, 2026-12-01. The time zone is Europe/Berlin.");
        assertThat(TestSettings.with("time-zone", "Asia/Tokyo").timeZone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
    }

    /** K7: the request had no room in the model's window, and then had no history. */
    @Test
    void should_fit_the_window_and_say_what_the_model_did_not_see() {
        try (TurnRig small = new TurnRig("model.id", ScriptedModel.ID)) {
            small.tools.behaviour = (_, _) -> new ToolAnswer(ToolOutcome.OK, "[1,2,3,4]".repeat(64 * 1024 / 9), 1);
            String[] ten = IntStream.range(0, 20)
                    .mapToObj(i -> i % 2 == 0 ? "t" + i : "read")
                    .toArray(String[]::new);
            small.model.wants(ten).says("Much.").says("As I said: much.");
            TurnResult first = small.run(says("c", "How much?"));
            assertThat(first.outcome()).isEqualTo(TurnOutcome.COMPLETED);
            assertThat(first.notices()).containsExactly(Texts.RESULTS_CUT);
            TurnResult second = small.run(says("c", "How much, please?"));
            assertThat(second.notices()).contains(Texts.RESULTS_CUT);
            assertThat(small.model.asked.getLast().messages())
                    .extracting(Message::text)
                    .contains("How much?", "Much.", "How much, please?");
            for (ModelRequest request : small.model.asked) {
                long characters = request.messages().stream()
                        .flatMap(message -> message.content().stream())
                        .mapToLong(block -> block.toString().length())
                        .sum();
                // What a tokenizer makes of digits: 1.6 tokens of three characters.
                assertThat(characters * 1.6 / 3).isLessThan(200_000);
            }
            // What was stored is whole.
            assertThat(small.stored("c").turns().getFirst().messages().get(2).content())
                    .allSatisfy(result ->
                            assertThat(((Content.ToolResult) result).text()).hasSizeGreaterThan(60_000));
        }
    }

    /** K5: not streamed, a client that left had used one token; four who stayed used up a day, forty who left did not. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void should_count_the_most_when_the_client_leaves(boolean streamed) {
        try (TurnRig limited = new TurnRig("budget.caller-day-tokens", "30000", "model.max-tokens", "4000")) {
            int left = 0;
            Problem problem = null;
            while (problem != Problem.BUDGET_EXCEEDED) {
                limited.model.then(request -> {
                    throw new InterruptedException();
                });
                Question.Ask question = streamed ? TurnRig.streamed("c", "Write much.") : says("c", "Write much.");
                problem = limited.fails(question).problem();
                left++;
            }
            // Each left 4,000 tokens of reply behind, and what was asked.
            assertThat(left).isLessThanOrEqualTo(30_000 / 4_000 + 1);
        }
    }

    @Test
    void should_say_that_a_model_has_no_price_here() {
        try (TurnRig nova = new TurnRig("model.id", "us.amazon.nova-pro-v1:0", "model.max-tokens", "4000")) {
            nova.model.id = "us.amazon.nova-pro-v1:0";
            nova.model.wants("t1", "read").says("Four.");
            TurnResult result = nova.run(says("c", "How many?"));
            assertThat(result.notices()).containsExactly(Texts.UNPRICED);
            assertThat(result.receipt().dollars()).isNull();
            assertThat(nova.seen.sum("agent.model.unpriced")).isEqualTo(2);
        }
    }

    @Test
    void should_sum_up_what_no_longer_fits_once_and_count_it() {
        try (TurnRig talk = new TurnRig("model.max-history-tokens", "4000", "model.summary-id", "cheap")) {
            String words = "x".repeat(3_000);
            for (int i = 0; i < 4; i++) {
                talk.model.then(request -> new ModelReply(
                        ScriptedModel.ID,
                        List.of(new Content.Text(words)),
                        StopReason.END_TURN,
                        new Usage(100, 1_000, 0, 0)));
                talk.run(says("c", "question " + i));
            }
            talk.model.says("They asked four things.").says("Five.").says("Six.");
            TurnResult fifth = talk.run(says("c", "question 4"));
            assertThat(fifth.notices()).containsExactly(Texts.SUMMED_UP);
            assertThat(fifth.receipt().modelCalls()).isEqualTo(2);
            List<ModelRequest> asked = talk.model.asked;
            assertThat(asked.get(4).messages().getFirst().text()).contains("Person: question 0", "Assistant: xxx");
            List<Message> sent = asked.get(5).messages();
            assertThat(sent.getFirst().content().getFirst())
                    .isEqualTo(new Content.Note("(The conversation before this, in short: They asked four things.)"));
            // The next turn goes on with it, and begins with the very same messages.
            TurnResult sixth = talk.run(says("c", "question 5"));
            assertThat(sixth.notices()).containsExactly(Texts.SUMMED_UP);
            assertThat(sixth.receipt().modelCalls()).isEqualTo(1);
            assertThat(asked.get(6).messages().subList(0, sent.size())).isEqualTo(sent);
            assertThat(talk.stored("c").turns().get(4).messages().getFirst().text())
                    .isEqualTo("question 4");
        }
    }

    @Test
    void should_leave_out_what_can_not_be_summed_up() {
        try (TurnRig talk = new TurnRig("model.max-history-tokens", "1000", "model.summary-id", "cheap")) {
            for (int i = 0; i < 2; i++) {
                talk.model.says("x".repeat(3_000));
                talk.run(says("c", "y".repeat(2_500)));
            }
            talk.model
                    .then(request -> {
                        throw new ModelException(ModelException.Kind.UNAVAILABLE, "no", false, null);
                    })
                    .says("Three.");
            assertThat(talk.run(says("c", "z")).notices()).containsExactly(Texts.HISTORY_SHORTENED);
        }
    }

    private void assertWrittenOnce(String key) {
        assertThat(rig.tools.called)
                .filteredOn(call -> call.startsWith("allowed_write"))
                .hasSize(1);
        assertThat(rig.allFree("c", null)).isTrue();
        TurnRecord stored = rig.stored("c").turns().getFirst();
        assertThat(stored.messages().getLast().text()).isEqualTo(Texts.BROKEN_OFF);
        assertThat(stored.messages())
                .extracting(Message::role)
                .containsExactly(Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT);
        try (OpenTurn again = rig.open(keyed("c", "Write it", key))) {
            assertThat(again.earlierAnswer()).isEqualTo(Texts.BROKEN_OFF);
        }
        // And it can be gone on with.
        rig.model.says("So it was written.");
        assertThat(rig.run(says("c", "Was it?")).outcome()).isEqualTo(TurnOutcome.COMPLETED);
    }

    @Test
    void should_not_break_off_an_approved_call_when_the_client_leaves() {
        askForAWrite();
        rig.tools.behaviour = (tool, arguments) -> {
            rig.begun.getLast().cancel(Run.Reason.CLIENT_GONE);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            return new ToolAnswer(ToolOutcome.OK, "[]", 1);
        };
        assertThat(rig.fails(decides("c", "t1", true)).problem()).isEqualTo(Problem.TURN_CANCELLED);
        assertThat(rig.stored("c").turns().getFirst().calls())
                .extracting("outcome")
                .containsExactly(ToolOutcome.OK);
    }

    @Test
    void should_run_what_a_policy_allows_and_refuse_the_rest() {
        rig.model.wants("t1", "read", "t2", "forbidden", "t3", "made_up").says("Done.");
        TurnResult result = rig.run(says("c", "All"));
        assertThat(rig.tools.called).containsExactly("read{\"n\":0}");
        assertThat(result.calls())
                .extracting("outcome")
                .containsExactly(ToolOutcome.OK, ToolOutcome.DENIED, ToolOutcome.UNKNOWN_TOOL);
        assertThat(rig.model.asked.getLast().messages().getLast().content())
                .extracting(content -> ((Content.ToolResult) content).toolUseId())
                .containsExactly("t1", "t2", "t3");
    }

    @Test
    void should_let_a_write_wait_that_comes_after_one_that_waits() {
        rig.model.wants("t1", "allowed_write", "t2", "write", "t3", "allowed_write", "t4", "read");
        TurnResult result = rig.run(says("c", "All"));
        assertThat(rig.tools.called).containsExactly("allowed_write{\"n\":0}", "read{\"n\":3}");
        assertThat(result.approvals()).extracting(Approval::callId).containsExactly("t2", "t3");
    }

    // --- The store fails at each step

    @ParameterizedTest
    @EnumSource(FaultyStore.Fault.class)
    void should_free_everything_whatever_step_of_the_store_fails(FaultyStore.Fault fault) {
        int failed = 0;
        for (int step = 0; ; step++) {
            restart();
            rig.model.says("Hello.");
            rig.store.failAt(step, fault);
            ProblemException told = null;
            try {
                rig.run(keyed("c", "Hi", "key"));
            } catch (ProblemException e) {
                told = e;
            }
            List<String> steps = List.copyOf(rig.store.steps());
            if (steps.size() <= step) {
                assertThat(told).isNull();
                break;
            }
            String name = steps.get(step);
            failed++;
            // B4: at the claim it was an exception without a name, so 500.
            assertThat(told).as("failed at " + name).isNotNull();
            assertThat(told.problem()).as("failed at " + name).isEqualTo(Problem.STORE_UNAVAILABLE);
            assertThat(rig.places).as("places, failed at " + name).isZero();
            assertThat(rig.runs.count()).as("runs, failed at " + name).isZero();
            // The lease of a write whose answer was lost is the store's to give back: it alone can tell.
            if (fault == FaultyStore.Fault.NOT_DONE || name.equals("save")) {
                assertThat(rig.allFree("c", "key"))
                        .as("free, failed at " + name)
                        .isTrue();
            }
        }
        assertThat(failed).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource(FaultyStore.Fault.class)
    void should_never_call_twice_whatever_step_of_the_store_fails(FaultyStore.Fault fault) {
        int failed = 0;
        for (int step = 0; ; step++) {
            restart();
            askForAWrite();
            rig.model.says("Written.");
            rig.store.failAt(step, fault);
            ProblemException told = null;
            try {
                rig.run(decides("c", "t1", true));
            } catch (ProblemException e) {
                told = e;
            }
            List<String> steps = List.copyOf(rig.store.steps());
            if (steps.size() <= step) {
                assertThat(told).isNull();
                break;
            }
            failed++;
            String at = "failed at " + steps.get(step) + " of " + steps;
            assertThat(told).as(at).isNotNull();
            assertThat(told.problem()).as(at).isEqualTo(Problem.STORE_UNAVAILABLE);
            assertThat(rig.tools.called.size()).as(at).isLessThanOrEqualTo(1);
            int calls = rig.tools.called.size();
            rig.store.heal();
            assertThat(rig.places).as(at).isZero();
            // A second approval of a call that was made is refused, or the call's outcome is unknown: it never runs
            // again.
            if (calls == 1) {
                try {
                    rig.model.says("Again.");
                    rig.run(decides("c", "t1", true));
                } catch (ProblemException again) {
                    assertThat(again.problem()).as(at).isIn(Problem.APPROVAL_DECIDED, Problem.CONVERSATION_BUSY);
                }
                assertThat(rig.tools.called).as(at).hasSize(1);
            }
        }
        assertThat(failed).isEqualTo(4);
    }
}
