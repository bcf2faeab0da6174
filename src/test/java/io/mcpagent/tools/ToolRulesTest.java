package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.ToolDefinition;
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

    @Test
    void should_name_rules_that_are_about_nobody_or_nothing_or_never_decide() {
        AgentConfig config = TestSettings.with(
                "identity.known-groups", "support,finance",
                "identity.scopes", " ",
                "tools.deny", "refund for group:finance,list_orders for group:suport,gone",
                "tools.ask", "refund for group:finance,refund for scope:a,refund for role:r,refund for key:billing",
                "tools.allow", "refund* for group:finance,refund for subject:ann");
        List<ToolListing.OfferedTool> tools = List.of(tool("refund"), tool("list_orders"));
        assertThat(ToolRules.of(config.tools()).findings(tools, config))
                .containsExactlyInAnyOrder(
                        "A rule matches nobody, because agent.identity.known-groups has no such group: deny list_orders for group:suport",
                        "A rule matches no tool: deny gone",
                        "A rule never decides, because another one for the same callers wins: ask refund for group:finance",
                        "A rule never decides, because another one for the same callers wins: allow refund* for group:finance",
                        "A rule matches nobody, because agent.identity.scopes is empty: ask refund for scope:a",
                        "A rule matches nobody, because agent.access.api-keys-secret is not set: ask refund for key:billing");
    }

    private static ToolListing.OfferedTool tool(String name) {
        return new ToolListing.OfferedTool(
                name,
                new Tool(new ToolDefinition(name, "does it", "{\"type\":\"object\"}"), Tool.Hints.NONE, "f"),
                new CallerParameters(Map.of(), Map.of(), null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"refund", "refund by", "refund by everybody", "refund for group:a", " by group:a"})
    void should_not_start_with_approvers_who_are_nobody(String text) {
        AgentConfig config = TestSettings.with("tools.approvers", text);
        assertThatThrownBy(() -> ToolRules.of(config.tools()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("agent.tools.approvers");
    }

    @Test
    void should_let_any_of_those_approve_who_are_named_for_a_tool_and_have_all_its_calls_wait() {
        AgentConfig config = TestSettings.with(
                "tools.approvers", "refund* by group:finance,REFUND_ALL by subject:boss", "tools.allow", "*");
        ToolRules rules = ToolRules.of(config.tools());
        assertThat(rules.approvers("refund", null)).containsExactly(CallerPattern.parse("group:finance"));
        assertThat(rules.approvers("refund_all", null))
                .containsExactly(CallerPattern.parse("group:finance"), CallerPattern.parse("subject:boss"));
        assertThat(rules.approvers("x", "refund.x")).containsExactly(CallerPattern.parse("group:finance"));
        assertThat(rules.approvers("list_orders", null)).isEmpty();
        ConfiguredToolPolicy policy = new ConfiguredToolPolicy(config);
        ToolListing.OfferedTool refund = tool("refund");
        policy.observe(Map.of("refund", refund));
        assertThat(policy.decide(refund.tool(), Identity.ANONYMOUS))
                .isEqualTo(new ToolPolicy.Ruling(Permission.ASK, "its calls need the approval of group:finance"));
    }
}
