package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What no database said, as the toolbox 1.12.0 sends it over PostgreSQL, and as other servers would. */
class UnmeantValuesTest {

    private static final String MARSHAL =
            "fail to marshal: json: error calling MarshalJSON for type *orderedmap.Row: json: ";

    @ParameterizedTest
    @ValueSource(
            strings = {
                MARSHAL + "unsupported value: NaN, result: {[{v %!s(float64=NaN)}]}",
                MARSHAL + "unsupported value: -Inf, result: {[{v %!s(float64=-Inf)}]}",
                MARSHAL + "unsupported value: NaN, result: {[{v [%!s(float64=NaN)]}]}",
                MARSHAL
                        + "error calling MarshalJSON for type *time.Time: year outside of range [0,9999], result: {[{v 294276-12-31 00:00:00 +0000 UTC}]}",
                "{\"v\":NaN}",
                "{\"id\": 1, \"v\": [1.5, -Infinity]}",
                "{\"v\":\"%!s(float64=NaN)\"}",
                "{\"v\":\"%!d(string=a b)\"}",
                "{\"v\":{\"w\":[\"%!v(MISSING)\"]}}",
                "{\"v\":\"map[a:1 b:map[c:2]]\"}",
                "{\"v\":\"{0xc000123456}\"}",
                "{\"v\":\"0xc00011e0a8\"}",
                "{[{v %!s(int64=1)} {w 0xc000123456}]}",
                "map[id:1 name:x]",
                "%!s(int=3)",
                "&{0xc000123456}"
            })
    void should_find_what_no_database_said_and_repeat_nothing_of_it(String block) {
        String why = in(List.of("{\"v\":1}", block));
        assertThat(why).startsWith("Row 2 of the result has a ").contains("cast");
        assertThat(why).doesNotContain("%!", "0xc", "map[", "float64", "294276");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"v\":\"NaN\"}",
                "{\"v\":\"Infinity Ltd\",\"w\":9007199254740993}",
                "{\"name\":\"Nan\",\"inf\":1}",
                "Nan Goldin lives in infinity",
                "{not JSON, but Nan said so}",
                "{\"text\":\"use %!s(int=3) in Go\"}",
                "{\"text\":\"a map[string]int is 0xc000123456 bytes\"}",
                "{\"v\":1e+300,\"w\":12345678901234567890.123456789}",
                "{\"v\":{\"Microseconds\":7200000000,\"Days\":1,\"Months\":0,\"Valid\":true}}",
                "100%!"
            })
    void should_leave_what_a_database_may_say(String block) {
        assertThat(in(List.of(block))).isNull();
    }

    @Test
    void should_find_it_in_a_row_of_which_there_is_only_the_beginning() {
        String dump = MARSHAL + "unsupported value: NaN, result: {[{v %!s(float64=NaN)} {text xxxxx";
        assertThat(UnmeantValues.in(new CallAnswer(List.of(dump), 1, true, true, false)))
                .startsWith("Row 1 of the result has ");
        String cut = "{\"text\":\"NaN map[a:1] 0xc000123456";
        assertThat(UnmeantValues.in(new CallAnswer(List.of(cut), 1, true, true, false)))
                .isNull();
    }

    private static String in(List<String> rows) {
        return UnmeantValues.in(new CallAnswer(rows, rows.size(), true, false, false));
    }

    @Test
    void should_find_one_bad_row_among_many_and_none_among_good_ones() {
        Random random = new Random(20261130);
        for (int i = 0; i < 2_000; i++) {
            List<String> rows = new java.util.ArrayList<>(
                    random.ints(random.nextInt(5)).mapToObj(n -> row(random)).toList());
            assertThat(in(rows)).as(rows.toString()).isNull();
            int at = random.nextInt(rows.size() + 1);
            rows.add(
                    at, row(random).replaceFirst("\\}$", ",\"bad\":" + (random.nextBoolean() ? "NaN}" : "-Infinity}")));
            assertThat(in(rows)).as(rows.toString()).startsWith("Row " + (at + 1) + " ");
        }
    }

    private static String row(Random random) {
        ObjectNode row = ExactJson.MAPPER.createObjectNode();
        String[] texts = {
            "NaN", "Infinity", "inf", "x, NaN, y", "[NaN]", "map[", "%!", "Übermaß", "\u2028", "{\"a\":NaN}"
        };
        for (int i = random.nextInt(4); i >= 0; i--) {
            row.put("c" + i, texts[random.nextInt(texts.length)]).put("nan" + i, random.nextLong());
        }
        return row.toString();
    }
}
