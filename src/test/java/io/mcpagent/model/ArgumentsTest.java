package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mcpagent.model.Arguments.InvalidArgumentsException;
import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model writes as arguments: one value comes out of it, or a sentence. */
class ArgumentsTest {

    /** Reads as strictly as it can, without the code under test. */
    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1,\"a\":2}",
                "{\"a\":{\"b\":1,\"b\":1}}",
                "{\"a\":1,\"\\u0061\":2}",
                "{\"a\":\"mark order 42 as read\"}{\"a\":\"DELETE EVERYTHING\"}",
                "{\"a\":1} x",
                "{\"a\":1},",
                "{\"customer_id\": 7",
                "xyz",
                "null",
                "true",
                "7",
                "\"{}\"",
                "[]",
                "[{}]",
                "{a:1}",
                "{'a':1}",
                "{\"a\":NaN}",
                "{\"a\":Infinity}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":1,}",
                "{/* comment */\"a\":1}",
                "{\"a\":\"\t\"}",
                "{\"a\":\"\\ud800\"}",
                "{\"\\udfff\":1}",
                "{\"a\":9007199254740993}",
                "{\"a\":-9007199254740994}",
                "{\"a\":[{\"b\":18446744073709551615}]}",
                "{\"a\":1e400}",
                "{\"a\":9.007199254740993e15}",
                "{\"a\":0.12345678901234567890}",
                "{\"a\":1e-400}",
                "{\"a\":1e99999999999}",
                "{\"a\":[{\"b\":-1.2e-2147483647}]}",
                "{\"a\":0.00e-2147483646}",
                "{\"a\":1e2147483648}",
                "\ufeff{}",
                "{\"a\":{\"b\":1,\"\\u0062\":2}}",
                "{\"a\":1}\u2028",
            })
    void should_refuse_what_is_not_one_exact_object(String text) {
        assertThatThrownBy(() -> Arguments.parse(text)).isInstanceOf(InvalidArgumentsException.class);
        Arguments unusable = Arguments.read(text);
        assertThat(unusable.json()).isEqualTo("{}");
        assertThat(unusable.flaw()).endsWith(".");
    }

    @Test
    void should_refuse_what_is_too_deep_too_long_or_a_number_of_a_thousand_digits() {
        String deep = "{\"a\":".repeat(1_001) + "1" + "}".repeat(1_001);
        String number = "{\"a\":" + "9".repeat(1_000) + "}";
        String text = "{\"a\":\"" + "x".repeat(Arguments.LONGEST) + "\"}";
        for (String each : new String[] {deep, number, text}) {
            assertThatThrownBy(() -> Arguments.parse(each)).isInstanceOf(InvalidArgumentsException.class);
        }
    }

    @Test
    void should_say_which_number_can_not_be_sent() {
        assertThatThrownBy(() -> Arguments.parse("{\"ids\":[1,{\"id\":9007199254740993}]}"))
                .isInstanceOfSatisfying(
                        InvalidArgumentsException.class,
                        e -> assertThat(e.why()).contains("'ids[1].id'").contains("as a string"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"a\":1}",
                "{\"a\":-9007199254740992}",
                "{\"a\":0.1}",
                "{\"a\":1.50}",
                "{\"a\":1e3}",
                "{\"a\":\"9007199254740993\"}",
                "{\"größe\":\"\\u2028\"}",
                "{\"a\":[[],{},null,true,\"\"]}",
            })
    void should_keep_a_value_as_it_is(String text) throws Exception {
        Arguments arguments = Arguments.parse(text);
        assertThat(STRICT.readTree(arguments.json())).isEqualTo(STRICT.readTree(text));
        assertThat(Arguments.parse(arguments.json())).isEqualTo(arguments).hasSameHashCodeAs(arguments);
    }

    @Test
    void should_take_no_arguments_as_an_empty_object_and_write_on_one_line() throws Exception {
        assertThat(Arguments.parse("").json()).isEqualTo("{}");
        assertThat(Arguments.parse(" \n").json()).isEqualTo("{}");
        assertThat(Arguments.parse("{\n  \"a\" : [ 1,\r\n 2 ]\n}").json()).isEqualTo("{\"a\":[1,2]}");
    }

    @Test
    void should_give_one_strict_value_or_a_sentence_for_whatever_a_model_writes() throws Exception {
        Random random = new Random(20261130);
        int taken = 0;
        for (int i = 0; i < 50_000; i++) {
            String text = HostileArguments.any(random);
            try {
                Arguments arguments = Arguments.parse(text);
                taken++;
                assertThat(arguments.json()).doesNotContain("\n", "\r");
                JsonNode read = STRICT.readTree(arguments.json());
                assertThat(read.isObject()).isTrue();
                assertNoRounding(read);
                assertThat(Arguments.parse(arguments.json())).isEqualTo(arguments);
                if (!text.isBlank()) {
                    assertThat(read).as(text).isEqualTo(STRICT.readTree(text));
                }
            } catch (InvalidArgumentsException e) {
                assertThat(e.why()).endsWith(".").doesNotContain("Exception", "line:", "source");
            }
        }
        System.out.printf("%d of 50000 hostile texts are arguments%n", taken);
        assertThat(taken).isBetween(5_000, 45_000);
    }

    private static void assertNoRounding(JsonNode value) {
        if (value.isNumber()) {
            assertThat(new BigDecimal(Double.toString(value.doubleValue()))).isEqualByComparingTo(value.decimalValue());
        }
        value.forEach(ArgumentsTest::assertNoRounding);
    }
}
