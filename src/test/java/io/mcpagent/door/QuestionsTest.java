package io.mcpagent.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mcpagent.config.TestSettings;
import io.mcpagent.identity.Identity;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Approvals;
import io.mcpagent.turn.Question;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuestionsTest {

    private static final Identity ANN = Identity.of("ann");
    private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private final Questions questions = new Questions(TestSettings.with("turn.max-message-size", "100"));
    private final ObjectMapper json = new ObjectMapper();

    QuestionsTest() {
        new StrictJson().customize(json);
    }

    @Test
    void should_make_a_question_of_a_message() {
        Question question = questions.message(ANN, "c-1", "How many?", true, "key", TRACE);
        assertThat(question).isInstanceOf(Question.Ask.class);
        assertThat(question.owner()).isEqualTo("ann");
        assertThat(question.conversationId()).isEqualTo("c-1");
        assertThat(question.text()).isEqualTo("How many?");
        assertThat(question.streaming()).isTrue();
        assertThat(question.stored()).isTrue();
        assertThat(question.key().value()).isEqualTo("key");
        assertThat(question.traceparent()).isEqualTo(TRACE);
        assertThat(((Question.Ask) question).createIfAbsent()).isFalse();
    }

    @Test
    void should_begin_a_conversation_without_an_id_and_go_without_a_key_or_a_trace() {
        Question question = questions.message(ANN, null, "How many?", false, null, "00-no-trace");
        assertThat(question.conversationId()).isNull();
        assertThat(question.streaming()).isFalse();
        assertThat(question.key()).isNull();
        assertThat(question.traceparent()).isNull();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "\n\t", "\u2003"})
    void should_refuse_a_message_that_says_nothing(String text) {
        assertThat(problem(() -> questions.message(ANN, null, text, false, null, null)))
                .isEqualTo(Problem.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud800", "a\udc00b", "\udc00\ud800"})
    void should_refuse_half_of_a_surrogate_pair_in_every_kind_of_message(String text) {
        assertThat(problem(() -> questions.message(ANN, null, text, false, null, null)))
                .isEqualTo(Problem.INVALID_REQUEST);
        assertThat(problem(() -> questions.threaded(ANN, "c", text, null))).isEqualTo(Problem.INVALID_REQUEST);
        assertThat(problem(() -> questions.unstored(ANN, List.of(), text, false, null)))
                .isEqualTo(Problem.INVALID_REQUEST);
    }

    @Test
    void should_count_the_bytes_of_a_message_and_not_its_characters() {
        String longest = "é".repeat(50);
        assertThat(questions.message(ANN, null, longest, false, null, null).text())
                .isEqualTo(longest);
        assertThat(problem(() -> questions.message(ANN, null, longest + "a", false, null, null)))
                .isEqualTo(Problem.TOO_LARGE);
        assertThat(problem(() -> questions.threaded(ANN, "c", longest + "a", null)))
                .isEqualTo(Problem.TOO_LARGE);
        assertThat(problem(() -> questions.unstored(ANN, List.of(), longest + "a", false, null)))
                .isEqualTo(Problem.TOO_LARGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "ä", "../x", "a\n", "a.b"})
    void should_know_no_conversation_of_an_id_that_none_can_have(String id) {
        assertThat(problem(() -> questions.message(ANN, id, "How many?", false, null, null)))
                .isEqualTo(Problem.CONVERSATION_NOT_FOUND);
        assertThat(problem(() -> questions.decision(ANN, id, "call", decided("true"), false, null, null)))
                .isEqualTo(Problem.CONVERSATION_NOT_FOUND);
        // There the client names the conversation, and hears what its name may be.
        assertThat(problem(() -> questions.threaded(ANN, id, "How many?", null)))
                .isEqualTo(Problem.INVALID_REQUEST);
        assertThat(problem(() -> questions.decisions(ANN, id, List.of(), null))).isEqualTo(Problem.INVALID_REQUEST);
    }

    @Test
    void should_take_ids_and_keys_up_to_their_length() {
        String id = "a".repeat(128);
        String key = "~".repeat(255);
        assertThat(questions.message(ANN, id, "q", false, key, null).conversationId())
                .isEqualTo(id);
        assertThat(problem(() -> questions.message(ANN, id + "a", "q", false, null, null)))
                .isEqualTo(Problem.CONVERSATION_NOT_FOUND);
        assertThat(problem(() -> questions.message(ANN, id, "q", false, key + "~", null)))
                .isEqualTo(Problem.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "é", "a\u0000"})
    void should_refuse_a_key_that_is_none(String key) {
        assertThat(problem(() -> questions.message(ANN, null, "q", false, key, null)))
                .isEqualTo(Problem.INVALID_REQUEST);
    }

    @Test
    void should_tell_apart_by_the_hash_whatever_makes_another_request() throws Exception {
        Set<String> hashes = new HashSet<>();
        hashes.add(hash(questions.message(ANN, null, "q", false, "k", null)));
        hashes.add(hash(questions.message(ANN, "c", "q", false, "k", null)));
        hashes.add(hash(questions.message(ANN, "c", "other", false, "k", null)));
        for (String body : List.of(
                "{\"approve\": true}",
                "{\"approve\": false}",
                "{\"approve\": false, \"reason\": \"no\"}",
                "{\"approve\": true, \"digest\": \"d\"}",
                "{\"approve\": true, \"arguments\": {\"id\": 1}}",
                "{\"approve\": true, \"arguments\": {\"id\": 2}}")) {
            hashes.add(
                    hash(questions.decision(ANN, "c", "call", json.readValue(body, Decided.class), false, "k", null)));
        }
        hashes.add(hash(questions.decision(ANN, "c", "other", decided("true"), false, "k", null)));
        assertThat(hashes).hasSize(10);
        assertThat(hash(questions.message(ANN, "c", "q", true, "k", TRACE)))
                .as("how it is read makes no other request")
                .isIn(hashes);
    }

    @Test
    void should_make_a_decision_of_a_clear_word_only() throws Exception {
        Question.Decision approved =
                (Question.Decision) questions.decision(ANN, "c", "call", decided("true"), true, null, null);
        assertThat(approved.verdicts()).containsExactly(new Approvals.Verdict("call", true, null, null, null));
        Question.Decision declined = (Question.Decision) questions.decision(
                ANN,
                "c",
                "call",
                json.readValue("{\"approve\": false, \"reason\": \"too much\"}", Decided.class),
                false,
                null,
                null);
        assertThat(declined.verdicts()).containsExactly(new Approvals.Verdict("call", false, "too much", null, null));
        for (Decided unclear : new Decided[] {null, new Decided(null, "yes", null, null)}) {
            assertThat(problem(() -> questions.decision(ANN, "c", "call", unclear, false, null, null)))
                    .isEqualTo(Problem.INVALID_REQUEST);
        }
    }

    @Test
    void should_carry_each_number_that_a_person_edits_to_the_digit_or_refuse_it() throws Exception {
        Random random = new Random(7);
        int carried = 0;
        for (int i = 0; i < 20_000; i++) {
            String number = number(random);
            Decided decided =
                    json.readValue("{\"approve\": true, \"arguments\": {\"amount\": [" + number + "]}}", Decided.class);
            try {
                JsonNode sent = exact.readTree(decided.verdict("call").edited().json());
                assertThat(new BigDecimal(sent.at("/amount/0").asText()))
                        .as(number)
                        .isEqualByComparingTo(new BigDecimal(number));
                carried++;
            } catch (ProblemException e) {
                assertThat(e.problem()).isEqualTo(Problem.INVALID_REQUEST);
            }
        }
        assertThat(carried).isBetween(4_000, 19_000);
    }

    private final ObjectMapper exact = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static String number(Random random) {
        StringBuilder number = new StringBuilder(random.nextBoolean() ? "-" : "").append(1 + random.nextInt(9));
        digits(number, random, 18);
        if (random.nextBoolean()) {
            digits(number.append('.').append(random.nextInt(10)), random, 22);
        }
        if (random.nextInt(4) == 0) {
            number.append('e').append(random.nextInt(40) - 20);
        }
        return number.toString();
    }

    private static void digits(StringBuilder number, Random random, int most) {
        for (int i = random.nextInt(most); i > 0; i--) {
            number.append(random.nextInt(10));
        }
    }

    private Decided decided(String approve) {
        return new Decided(Boolean.valueOf(approve), null, null, null);
    }

    private static String hash(Question question) {
        return question.key().requestHash();
    }

    private static Problem problem(Runnable step) {
        ProblemException refused = catchThrowableOfType(ProblemException.class, step::run);
        assertThat(refused).as("was not refused").isNotNull();
        return refused.problem();
    }
}
