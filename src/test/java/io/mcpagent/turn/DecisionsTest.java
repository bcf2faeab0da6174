package io.mcpagent.turn;

import static io.mcpagent.turn.TurnRig.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.conversation.Approval;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.ToolOutcome;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person may decide on a waiting call: with other arguments, with a reason, on exactly what was shown, and once. */
class DecisionsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SCHEMA = """
            {"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"status":{"type":"string",
            "enum":["open","paid"]},"tags":{"type":"array","items":{"type":"string"}},"note":{"type":"string","description":"x"}}}""";

    private final TurnRig rig = new TurnRig();

    @AfterEach
    void end() {
        rig.close();
    }

    private static Arguments arguments(String json) {
        try {
            return Arguments.parse(json);
        } catch (Arguments.InvalidArgumentsException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Question.Decision decides(Approvals.Verdict verdict) {
        return new Question.Decision(Identity.of(TurnRig.ANN), "c", List.of(verdict), false, null, null);
    }

    private Approval waiting() {
        rig.tools.inputSchema = SCHEMA;
        rig.model.wants("t1", "write");
        return rig.run(says("c", "Write")).approvals().getFirst();
    }

    @Test
    void should_run_what_the_person_made_of_it_and_say_so_to_the_model_and_in_the_trail() {
        Approval shown = waiting();
        rig.model.says("Done.");
        Arguments edited = arguments("{\"n\":7,\"status\":\"paid\"}");
        TurnResult result = rig.run(decides(new Approvals.Verdict("t1", true, null, edited, shown.digest())));
        assertThat(rig.tools.called).containsExactly("write{\"n\":7,\"status\":\"paid\"}");
        assertThat(result.calls()).extracting(call -> call.arguments().json()).containsExactly(edited.json());
        Content.ToolResult told = (Content.ToolResult)
                rig.model.asked.getLast().messages().getLast().content().getFirst();
        assertThat(told.text()).contains(edited.json()).contains("changed the arguments");
        JsonNode approved = rig.audit.records().stream()
                .filter(record -> record.path("kind").asText().equals("approved"))
                .findFirst()
                .orElseThrow();
        assertThat(approved.path("arguments").asText()).isEqualTo(edited.json());
        assertThat(approved.path("shown").asText()).isEqualTo(shown.arguments().json());
        assertThat(rig.audit.records().stream()
                        .filter(record -> record.path("kind").asText().equals("call_begin"))
                        .map(record -> record.path("arguments").asText()))
                .containsExactly(edited.json());
    }

    @Test
    void should_tell_the_model_why_a_call_was_declined() {
        waiting();
        rig.model.says("I see.");
        rig.run(decides(new Approvals.Verdict("t1", false, "They have paid already.", null, null)));
        assertThat(rig.tools.called).isEmpty();
        assertThat(rig.model.asked.getLast().messages().getLast().content())
                .containsExactly(
                        new Content.ToolResult("t1", Texts.DECLINED + " They said: They have paid already.", true));
        assertThat(rig.events)
                .filteredOn(TurnEvent.ToolCallResult.class::isInstance)
                .extracting(event -> ((TurnEvent.ToolCallResult) event).result().outcome())
                .as("what the client hears of it")
                .containsExactly(ToolOutcome.DECLINED);
    }

    @Test
    void should_refuse_a_decision_on_what_was_not_shown_or_does_not_fit_and_go_on_waiting() {
        Approval shown = waiting();
        assertThat(rig.fails(decides(new Approvals.Verdict("t1", true, null, null, "0".repeat(64))))
                        .problem())
                .isEqualTo(Problem.APPROVAL_CHANGED);
        for (String edited : List.of(
                "{}",
                "{\"n\":\"7\"}",
                "{\"n\":7.5}",
                "{\"n\":7,\"customer_id\":8}",
                "{\"n\":7,\"status\":\"lost\"}",
                "{\"n\":7,\"tags\":[\"a\",1]}",
                "{\"n\":null}")) {
            assertThat(rig.fails(decides(new Approvals.Verdict("t1", true, null, arguments(edited), null)))
                            .problem())
                    .as(edited)
                    .isEqualTo(Problem.INVALID_REQUEST);
        }
        for (Runnable contradiction : List.<Runnable>of(
                () -> new Approvals.Verdict("t1", true, "because", null, null),
                () -> new Approvals.Verdict("t1", false, " ", null, null),
                () -> new Approvals.Verdict("t1", false, "x".repeat(1_001), null, null),
                () -> new Approvals.Verdict("t1", false, null, arguments("{}"), null))) {
            assertThatThrownBy(contradiction::run).isInstanceOf(ProblemException.class);
        }
        assertThat(rig.tools.called).isEmpty();
        assertThat(rig.stored("c").pending().approvals()).containsExactly(shown);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/x\"}}};{\"a\":1};$ref",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":\"x\"}}};{\"a\":\"y\"};pattern",
                "{\"type\":\"object\"};{\"a\":1};/a",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{}}}};{\"a\":{\"b\":1}};/a/b",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]}}};{\"a\":1};/a",
                "no JSON;{};no JSON",
            })
    void should_take_no_argument_that_it_can_not_check(String schema, String arguments, String named) {
        assertThat(EditedArguments.flaw(schema, arguments(arguments))).contains(named);
    }

    /** Arguments made at random: those that the schema's own generator made fit; with one thing wrong they don't. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void should_take_what_fits_and_nothing_else(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            ObjectNode good = JSON.createObjectNode().put("n", random.nextInt());
            if (random.nextBoolean()) {
                good.put("status", random.nextBoolean() ? "open" : "paid");
            }
            if (random.nextBoolean()) {
                good.putArray("tags").add("a" + random.nextInt());
            }
            assertThat(EditedArguments.flaw(SCHEMA, arguments(good.toString()))).isNull();
            ObjectNode bad = good.deepCopy();
            switch (random.nextInt(5)) {
                case 0 -> bad.remove("n");
                case 1 -> bad.put("n", random.nextDouble() + 0.25);
                case 2 -> bad.put("x" + random.nextInt(), 1);
                case 3 -> bad.put("status", "Open");
                default -> bad.putArray("tags").add(random.nextInt());
            }
            assertThat(EditedArguments.flaw(SCHEMA, arguments(bad.toString())))
                    .as(bad.toString())
                    .isNotNull();
        }
    }

    /** Approvals, edits and declines of one call, all at once: one of them counts, and what runs is what that one said. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void should_carry_out_one_of_many_decisions_at_once(long seed) throws Exception {
        Approval shown = waiting();
        for (int i = 0; i < 12; i++) {
            rig.model.says("Done.");
        }
        Random random = new Random(seed);
        AtomicInteger carriedOut = new AtomicInteger();
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> people = new java.util.ArrayList<>();
        for (int i = 0; i < 12; i++) {
            Approvals.Verdict verdict = switch (random.nextInt(3)) {
                case 0 -> new Approvals.Verdict("t1", true, null, null, shown.digest());
                case 1 ->
                    new Approvals.Verdict("t1", true, null, arguments("{\"n\":" + (100 + i) + "}"), shown.digest());
                default -> new Approvals.Verdict("t1", false, "no", null, null);
            };
            people.add(Thread.ofVirtual().start(() -> {
                try {
                    start.await();
                    rig.runQuietly(decides(verdict));
                    carriedOut.incrementAndGet();
                } catch (ProblemException e) {
                    assertThat(e.problem())
                            .isIn(Problem.CONVERSATION_BUSY, Problem.APPROVAL_DECIDED, Problem.APPROVAL_NOT_FOUND);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        start.countDown();
        for (Thread person : people) {
            person.join();
        }
        assertThat(carriedOut.get()).isEqualTo(1);
        assertThat(rig.tools.called).hasSizeLessThanOrEqualTo(1);
        List<JsonNode> decided = rig.audit.records().stream()
                .filter(record -> List.of("approved", "declined")
                        .contains(record.path("kind").asText()))
                .toList();
        assertThat(decided).hasSize(1);
        if (!rig.tools.called.isEmpty()) {
            assertThat(rig.tools.called)
                    .containsExactly(
                            "write" + decided.getFirst().path("arguments").asText());
        }
    }
}
