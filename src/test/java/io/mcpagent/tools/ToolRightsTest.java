package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import io.mcpagent.identity.Identities;
import io.mcpagent.identity.Identity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a caller is told of their rights is what happens to them, and tells nothing of others. */
class ToolRightsTest {

    private static final Pattern SOMEBODY = Pattern.compile("(group|role|scope|key|subject):(\\w+)");
    private static final List<String> NAMES = List.of("a", "b", "c");

    private final StubServer server = new StubServer();
    private final List<McpToolbox> toolboxes = new ArrayList<>();
    private ConfiguredToolPolicy policy;

    @AfterEach
    void close() {
        toolboxes.forEach(McpToolbox::close);
        server.close();
    }

    private McpToolbox toolbox(String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        all.addAll(List.of("tools.url", server.url()));
        AgentConfig config = TestSettings.with(all.toArray(String[]::new));
        policy = new ConfiguredToolPolicy(config);
        McpToolbox toolbox = new McpToolbox(config, policy, new Identities(config), new Timers());
        toolboxes.add(toolbox);
        return toolbox;
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(60));
    }

    private static Identity caller(Set<String> groups, Map<String, JsonNode> parameters) {
        return new Identity("user:0:ann", "ann", null, groups, Set.of(), Set.of(), parameters, null);
    }

    private static ToolRight of(McpToolbox toolbox, String tool, Identity caller) throws InterruptedException {
        return toolbox.rights(caller, soon()).orElseThrow().stream()
                .filter(each -> each.name().equals(tool))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void should_say_what_a_caller_may_use_and_which_rule_decides() throws InterruptedException {
        McpToolbox toolbox =
                toolbox("tools.deny", "write", "tools.ask", "write for group:support", "tools.allow", "read");
        Identity support = caller(Set.of("support"), Map.of());
        assertThat(of(toolbox, "write", support).ruling())
                .isEqualTo(new ToolPolicy.Ruling(ToolPolicy.Permission.ASK, "ask write for group:support"));
        ToolRight denied = of(toolbox, "write", Identity.ANONYMOUS);
        assertThat(denied.ruling().why()).isEqualTo("deny write");
        assertThat(denied.offered()).isFalse();
        assertThat(of(toolbox, "read", Identity.ANONYMOUS).ruling().permission())
                .isEqualTo(ToolPolicy.Permission.ALLOW);
    }

    @Test
    void should_say_which_value_is_lacking_where_a_tool_is_not_offered_for_that() throws InterruptedException {
        server.onList = (request, reply) -> reply.result("""
                {"tools":[{"name":"mine","annotations":{"readOnlyHint":true},
                 "inputSchema":{"type":"object","properties":{"customer_id":{"type":"integer"}}}}]}""");
        McpToolbox toolbox =
                toolbox("identity.parameters.customer_id", "claim:customer", "identity.bind-by-address", "true");
        ToolRight lacking = of(toolbox, "mine", caller(Set.of(), Map.of()));
        assertThat(lacking.missing()).containsExactly("customer_id");
        assertThat(lacking.offered()).isFalse();
        assertThat(of(toolbox, "mine", caller(Set.of(), Map.of("customer_id", new IntNode(7))))
                        .offered())
                .isTrue();
        assertThat(toolbox.explain("mine", Identity.ANONYMOUS, soon())
                        .orElseThrow()
                        .getFirst()
                        .needs())
                .containsExactly("customer_id");
        assertThat(toolbox.explain("nothing", Identity.ANONYMOUS, soon())).contains(List.of());
        server.close();
        assertThat(toolbox().explain("mine", Identity.ANONYMOUS, soon())).isEmpty();
    }

    @Test
    void should_say_what_happens_for_every_set_of_rules_and_name_nobody_else() throws InterruptedException {
        Random random = new Random(19);
        for (int i = 0; i < 300; i++) {
            McpToolbox toolbox =
                    toolbox("tools.deny", rules(random), "tools.ask", rules(random), "tools.allow", rules(random));
            Identity caller = new Identity(
                    "user:0:x",
                    pick(random),
                    pick(random),
                    Set.of(pick(random)),
                    Set.of(pick(random)),
                    Set.of(pick(random)),
                    Map.of(),
                    null);
            for (ToolRight right : toolbox.rights(caller, soon()).orElseThrow()) {
                Tool tool = toolbox.catalog(caller, soon()).find(right.name()).orElse(null);
                assertThat(tool != null).as("offered").isEqualTo(right.offered());
                if (tool != null) {
                    assertThat(right.ruling()).isEqualTo(policy.decide(tool, caller));
                }
                SOMEBODY.matcher(right.ruling().why())
                        .results()
                        .forEach(named -> assertThat(isOf(caller, named))
                                .as(right + " for " + named.group())
                                .isTrue());
                ToolExplanation explained = toolbox.explain(right.name(), caller, soon())
                        .orElseThrow()
                        .getFirst();
                assertThat(explained.ruling()).isEqualTo(right.ruling());
                explained.rules().stream()
                        .filter(ToolExplanation.WeighedRule::aboutCaller)
                        .findFirst()
                        .ifPresent(first -> assertThat(right.ruling().why()).isEqualTo(first.rule()));
            }
        }
    }

    private static boolean isOf(Identity caller, MatchResult named) {
        String name = named.group(2);
        return switch (named.group(1)) {
            case "group" -> caller.groups().contains(name);
            case "role" -> caller.roles().contains(name);
            case "scope" -> caller.scopes().contains(name);
            case "key" -> name.equals(caller.key());
            default -> name.equals(caller.name());
        };
    }

    private static String rules(Random random) {
        List<String> rules = new ArrayList<>(List.of("nothing"));
        for (int n = random.nextInt(4); n > 0; n--) {
            String who = random.nextInt(4) == 0
                    ? ""
                    : " for "
                            + List.of("group", "role", "scope", "key", "subject")
                                    .get(random.nextInt(5)) + ":" + pick(random);
            rules.add(List.of("read", "write", "*", "r*").get(random.nextInt(4)) + who);
        }
        return String.join(",", rules);
    }

    private static String pick(Random random) {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    @Test
    void should_say_nothing_while_the_tool_server_is_away() throws InterruptedException {
        McpToolbox toolbox = toolbox();
        server.close();
        assertThat(toolbox.rights(Identity.ANONYMOUS, soon())).isEmpty();
    }
}
