package io.mcpagent.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.Usage;
import io.mcpagent.tools.ToolOutcome;
import io.mcpagent.turn.TurnResult;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeptRepliesTest {

    private static final Instant LATER = Instant.parse("2026-11-30T12:00:00Z");

    private final ObjectMapper json = new ObjectMapper()
            .registerModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
    private final KeptReplies kept = new KeptReplies(json);

    KeptRepliesTest() {
        new StrictJson().customize(json);
    }

    @Test
    void should_give_back_to_a_repeated_request_what_the_first_one_got() throws Exception {
        Random random = new Random(11);
        for (int i = 0; i < 2_000; i++) {
            TurnResult result = result(random);
            ChatReply first = ChatReply.of(result);
            ChatReply again = kept.read(kept.write(result));
            assertThat(json.writeValueAsString(again)).isEqualTo(json.writeValueAsString(first));
        }
    }

    @Test
    void should_say_each_outcome_and_state_by_the_documented_word() throws Exception {
        for (TurnOutcome outcome : TurnOutcome.values()) {
            JsonNode reply = json.valueToTree(ChatReply.of(new TurnResult(
                    "c",
                    "r",
                    outcome,
                    "answer",
                    List.of(),
                    "m",
                    List.of(),
                    new Receipt(0, Usage.NONE, null, 0, 1),
                    List.of())));
            assertThat(reply.path("outcome").asText()).isEqualTo(outcome.name().toLowerCase(Locale.ROOT));
            assertThat(reply.path("receipt").path("dollars").isNull())
                    .as("no price is no 0")
                    .isTrue();
        }
    }

    @Test
    void should_show_only_the_calls_that_still_wait() {
        List<Approval> approvals = new ArrayList<>();
        for (Approval.Stage stage : Approval.Stage.values()) {
            approvals.add(new Approval(stage.name(), "tool", Arguments.NONE, "print", stage, LATER));
        }
        ChatReply reply = ChatReply.of(new TurnResult(
                "c",
                "r",
                TurnOutcome.APPROVAL_REQUIRED,
                "",
                List.of(),
                "m",
                List.of(),
                new Receipt(1, Usage.NONE, BigDecimal.ONE, 0, 1),
                approvals));
        assertThat(reply.approvals()).extracting(ChatReply.Waiting::callId).containsExactly("PENDING");
    }

    @Test
    void should_not_take_for_an_answer_what_is_none() {
        assertThatThrownBy(() -> kept.read("{\"answer\":")).isInstanceOf(UncheckedIOException.class);
    }

    private static TurnResult result(Random random) {
        List<CallRecord> calls = new ArrayList<>();
        List<Approval> approvals = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            calls.add(new CallRecord(
                    "call" + i, text(random), arguments(random), any(ToolOutcome.values(), random), random.nextInt(9)));
            approvals.add(new Approval(
                    "call" + i,
                    text(random),
                    arguments(random),
                    "print",
                    any(Approval.Stage.values(), random),
                    LATER.plusMillis(random.nextInt(9_999))));
        }
        Usage usage = new Usage(random.nextInt(99), random.nextInt(99), random.nextInt(99), random.nextInt(99));
        BigDecimal dollars = random.nextBoolean() ? null : new BigDecimal("0.0" + (1 + random.nextInt(9_999)));
        return new TurnResult(
                "c" + random.nextInt(9),
                "r" + random.nextInt(9),
                any(TurnOutcome.values(), random),
                text(random),
                calls,
                text(random),
                List.of(text(random)),
                new Receipt(random.nextInt(9), usage, dollars, random.nextInt(9), random.nextInt(9)),
                approvals);
    }

    private static Arguments arguments(Random random) {
        try {
            return Arguments.parse("{\"id\": " + random.nextInt(99) + ", \"amount\": " + random.nextInt(99)
                    + ".10, \"text\": \"" + "\\u202e<b>\\\"".repeat(random.nextInt(3)) + "\"}");
        } catch (Arguments.InvalidArgumentsException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static String text(Random random) {
        int[] points = random.ints(random.nextInt(6), 0, 0x3000).toArray();
        return new String(points, 0, points.length);
    }

    private static <T> T any(T[] all, Random random) {
        return all[random.nextInt(all.length)];
    }
}
