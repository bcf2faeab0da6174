package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.identity.Identity;
import io.mcpagent.tools.ToolPolicy.Permission;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which rule decides, against an evaluator that was written apart. */
class ToolRulesTest {

    private static final int RULE_SETS = 100_000;
    private static final List<String> TOOLS = List.of("refund", "refund_all", "list_orders", "my_orders", "x");
    private static final List<String> PATTERNS =
            List.of("*", "refund*", "refund", "*_orders", "my_orders", "*_all", "l*s", "nothing");
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> KINDS = List.of("group", "role", "scope", "key", "subject");

    /** A rule as the model of these tests has it. */
    private record Line(String list, String pattern, String kind, String name) {
        String text() {
            return kind.isEmpty() ? pattern : pattern + " for " + kind + ":" + name;
        }
    }

    @Test
    void should_decide_as_the_rules_say_for_every_set_of_rules_caller_and_tool() {
        Random random = new Random(19);
        long decided = 0;
        for (int i = 0; i < RULE_SETS; i++) {
            List<Line> lines = new ArrayList<>();
            for (int n = random.nextInt(7); n > 0; n--) {
                boolean all = random.nextInt(4) == 0;
                lines.add(new Line(
                        pick(random, List.of("deny", "ask", "allow")),
                        pick(random, PATTERNS),
                        all ? "" : pick(random, KINDS),
                        all ? "" : pick(random, NAMES)));
            }
            ToolRules rules = rules(lines);
            Identity caller = caller(random);
            for (String tool : TOOLS) {
                ToolRules.Rule rule = rules.deciding(caller, tool, tool);
                assertThat(rule == null ? "none" : rule.effect().name().toLowerCase(java.util.Locale.ROOT))
                        .as("%s for %s of %s", lines, tool, describe(caller))
                        .isEqualTo(expected(lines, caller, tool));
                decided += rule == null ? 0 : 1;
            }
        }
        assertThat(decided).isGreaterThan(RULE_SETS / 2);
    }

    /** From the most specific kind of caller to everybody: the first at which any list has a fitting line; there deny, else ask, else allow. */
    private static String expected(List<Line> lines, Identity caller, String tool) {
        for (Set<String> level :
                List.of(Set.of("subject"), Set.of("key"), Set.of("group", "role", "scope"), Set.of(""))) {
            for (String list : List.of("deny", "ask", "allow")) {
                for (Line line : lines) {
                    if (line.list().equals(list)
                            && level.contains(line.kind())
                            && isMeant(line, caller)
                            && fits(line.pattern(), tool)) {
                        return list;
                    }
                }
            }
        }
        return "none";
    }

    private static boolean isMeant(Line line, Identity caller) {
        return switch (line.kind()) {
            case "group" -> caller.groups().contains(line.name());
            case "role" -> caller.roles().contains(line.name());
            case "scope" -> caller.scopes().contains(line.name());
            case "key" -> line.name().equals(caller.key());
            case "subject" -> line.name().equals(caller.name());
            default -> true;
        };
    }

    /** Letter by letter, without a regular expression. */
    private static boolean fits(String pattern, String name) {
        if (pattern.isEmpty()) {
            return name.isEmpty();
        }
        if (pattern.charAt(0) == '*') {
            return fits(pattern.substring(1), name) || (!name.isEmpty() && fits(pattern, name.substring(1)));
        }
        return !name.isEmpty() && pattern.charAt(0) == name.charAt(0) && fits(pattern.substring(1), name.substring(1));
    }

    private static Identity caller(Random random) {
        return new Identity(
                "user:0:" + random.nextInt(9),
                random.nextBoolean() ? pick(random, NAMES) : null,
                random.nextBoolean() ? pick(random, NAMES) : null,
                some(random),
                some(random),
                some(random),
                Map.of(),
                null);
    }

    private static Set<String> some(Random random) {
        Set<String> some = new HashSet<>();
        NAMES.forEach(name -> {
            if (random.nextInt(3) == 0) {
                some.add(name);
            }
        });
        return some;
    }

    private static String describe(Identity caller) {
        return caller.name() + "/" + caller.key() + caller.groups() + caller.roles() + caller.scopes();
    }

    private static String pick(Random random, List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static ToolRules rules(List<Line> lines) {
        return new ToolRules(lines.stream()
                .map(line ->
                        ToolRules.rule(Permission.valueOf(line.list().toUpperCase(java.util.Locale.ROOT)), line.text()))
                .toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"refund for nobody", "refund for group:", "refund for team:a", "refund for ", " for group:a"})
    void should_not_start_with_a_rule_that_is_about_nobody_or_nothing(String rule) {
        assertThatThrownBy(() -> ToolRules.rule(Permission.DENY, rule))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("agent.tools.deny");
    }

    @ParameterizedTest
    @CsvSource({"refund, 0", "refund for group:a, 1", "nothing, 0", "refund for  subject:user:0:x, 3"})
    void should_read_whom_a_rule_is_about(String text, int weight) {
        assertThat(ToolRules.rule(Permission.ASK, text).caller().kind().weight())
                .isEqualTo(weight);
    }
}
