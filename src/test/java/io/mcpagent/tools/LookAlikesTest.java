package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.mcpagent.identity.Identity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pattern forbids by its looks can't be offered under a name that looks the same. */
class LookAlikesTest {

    private static ToolListing listing(JsonNode tool) {
        return ToolListing.of(
                new McpConnection.Listed(List.of(tool), Duration.ofDays(1)), CallerParameters.Reserved.NONE);
    }

    private static final String DENIED = "delete_order";

    /** Ways to write a letter so that it is hardly told from the plain one. */
    private static final Map<Character, List<String>> WAYS = Map.of(
            'd', List.of("D", "ｄ", "𝐝", "ԁ", "ḍ", "ⅾ", "d\u0331", "đ"),
            'e', List.of("E", "е", "é", "ｅ", "𝖾", "ε", "e\u0301", "ҽ"),
            'l', List.of("L", "1", "I", "|", "ⅼ", "ӏ", "ł", "ｌ", "𝗅"),
            't', List.of("T", "т", "ţ", "ｔ", "τ", "𝓉"),
            'o', List.of("O", "0", "о", "ο", "ö", "ｏ", "ø", "օ", "º"),
            'r', List.of("R", "г", "ř", "ｒ", "𝚛"),
            '_', List.of("＿", "_"));

    private static final List<String> UNSEEN = List.of(
            "\u200b",
            "\u200d",
            "\ufeff",
            "\u00ad",
            "\u2060",
            "\u200e",
            "\u202e",
            "\ufe0f",
            "\u034f",
            "\u180e",
            "\u3164",
            "\u0000",
            "\u001b",
            "\uD800",
            "\uE000",
            "\uDB40\uDC41");

    private static final List<String> BLANKS = List.of(" ", "\t", "\n", "\u00a0", "\u2003", "\u3000", "\u2028");

    private static boolean isOffered(String name) {
        ConfiguredToolPolicy policy = new ConfiguredToolPolicy(TestConfig.with("deny", "delete_*"));
        JsonNode tool = JsonNodeFactory.instance.objectNode().put("name", name);
        return !listing(tool)
                .catalog(shown -> !policy.hides(shown, Identity.ANONYMOUS))
                .definitions()
                .isEmpty();
    }

    @Test
    void should_offer_no_tool_whose_name_looks_like_one_that_is_denied() {
        Random random = new Random(17);
        for (int i = 0; i < 4_000; i++) {
            StringBuilder name = new StringBuilder();
            for (char letter : DENIED.toCharArray()) {
                List<String> ways = WAYS.get(letter);
                name.append(random.nextInt(3) == 0 ? ways.get(random.nextInt(ways.size())) : letter);
                if (random.nextInt(12) == 0) {
                    name.append(UNSEEN.get(random.nextInt(UNSEEN.size())));
                }
            }
            if (random.nextInt(4) == 0) {
                name.insert(0, BLANKS.get(random.nextInt(BLANKS.size())));
            }
            if (random.nextInt(4) == 0) {
                name.append(BLANKS.get(random.nextInt(BLANKS.size())));
            }
            String made = name.toString();
            assertThat(isOffered(made)).as(i + ": " + made).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get_order",
                "größe_lesen",
                "注文検索",
                "注文_search",
                "удалить_заказ",
                "find orders",
                "a.b/c-d",
                "Ünïcode"
            })
    void should_offer_what_is_read_as_it_is(String name) {
        assertThat(isOffered(name)).isTrue();
    }

    @Test
    void should_name_what_it_leaves_out() {
        JsonNode tool = JsonNodeFactory.instance.objectNode().put("name", "dеlete_x\u200b");
        assertThat(listing(tool).catalog(shown -> true).leftOut())
                .singleElement()
                .asString()
                .startsWith("d_lete_x_");
    }

    @Test
    void should_never_allow_by_looks() {
        ConfiguredToolPolicy policy = new ConfiguredToolPolicy(TestConfig.with("allow", "add_note"));
        JsonNode tool = JsonNodeFactory.instance.objectNode().put("name", "ADD_N0TE");
        policy.observe(listing(tool).offered());
        ToolListing.OfferedTool offered =
                ToolListing.OfferedTool.of(tool, CallerParameters.Reserved.NONE).orElseThrow();
        assertThat(policy.decide(offered.tool(), Identity.ANONYMOUS).permission())
                .isEqualTo(ToolPolicy.Permission.ASK);
    }
}
