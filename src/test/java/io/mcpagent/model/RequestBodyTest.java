package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.base.Deadline;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is asked, as it arrives at a Bedrock that checks it as the service does. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestBodyTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<ToolDefinition> TOOLS = List.of(ModelRig.TOOL);

    private final LocalBedrock bedrock = LocalBedrock.start(0);

    @AfterEach
    void forget() {
        bedrock.reset();
    }

    @AfterAll
    void close() {
        bedrock.close();
    }

    @Test
    void should_write_a_whole_conversation_as_converse_has_it() throws Exception {
        List<Message> messages = List.of(
                Message.user("What did \"Müller & Söhne\" order? \u0001\uD83D\uDE00"),
                new Message(
                        Role.ASSISTANT,
                        List.of(
                                new Content.Reasoning("Hm.", "c2ln", null),
                                new Content.Reasoning(null, null, "AAEC"),
                                new Content.Text("Let me look."),
                                new Content.ToolUse("t1", "orders_of_customer", "{\"customer_id\": 9007199254740992}"),
                                new Content.ToolUse("t2", "orders_of_customer", "{}"))),
                new Message(
                        Role.USER,
                        List.of(
                                new Content.ToolResult("t1", "[]", false),
                                new Content.ToolResult("t2", "No such customer", true))));

        JsonNode body = sent(messages, TOOLS);

        assertEquals(JSON.readTree("""
                {"system":[{"text":"You answer questions."},{"cachePoint":{"type":"default"}}],
                 "messages":[
                  {"role":"user","content":[{"text":"What did \\"Müller & Söhne\\" order? \\u0001😀"},{"cachePoint":{"type":"default"}}]},
                  {"role":"assistant","content":[
                    {"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"c2ln"}}},
                    {"reasoningContent":{"redactedContent":"AAEC"}},
                    {"text":"Let me look."},
                    {"toolUse":{"toolUseId":"t1","name":"orders_of_customer","input":{"customer_id":9007199254740992}}},
                    {"toolUse":{"toolUseId":"t2","name":"orders_of_customer","input":{}}}]},
                  {"role":"user","content":[
                    {"toolResult":{"toolUseId":"t1","content":[{"text":"[]"}],"status":"success"}},
                    {"toolResult":{"toolUseId":"t2","content":[{"text":"No such customer"}],"status":"error"}},
                    {"cachePoint":{"type":"default"}}]}],
                 "toolConfig":{"tools":[
                  {"toolSpec":{"name":"orders_of_customer","description":"Orders of one customer","inputSchema":{"json":
                    {"type":"object","properties":{"customer_id":{"type":"integer"}},"required":["customer_id"]}}}},
                  {"cachePoint":{"type":"default"}}]},
                 "inferenceConfig":{"maxTokens":8192}}"""), body);
    }

    @Test
    void should_set_what_is_configured_and_leave_out_what_is_not() throws Exception {
        JsonNode body = sent(
                List.of(Message.user("q")),
                List.of(),
                "agent.model.prompt-cache",
                "false",
                "agent.model.temperature",
                "1.0",
                "agent.model.max-tokens",
                "3000",
                "agent.model.guardrail-id",
                "gr-1",
                "agent.model.guardrail-version",
                "7",
                "agent.model.reasoning-tokens",
                "2000");

        assertFalse(body.toString().contains("cachePoint"));
        assertFalse(body.has("toolConfig"));
        assertEquals(JSON.readTree("{\"maxTokens\":3000,\"temperature\":1.0}"), body.get("inferenceConfig"));
        assertEquals(
                JSON.readTree("{\"guardrailIdentifier\":\"gr-1\",\"guardrailVersion\":\"7\"}"),
                body.get("guardrailConfig"));
        assertEquals(
                JSON.readTree("{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}}"),
                body.get("additionalModelRequestFields"));
    }

    @Test
    void should_leave_out_a_blank_system_prompt() throws Exception {
        bedrock.always(Script.text("ok"));
        try (ModelRig rig = ModelRig.on(bedrock)) {
            rig.models.converse(
                    new ModelRequest(" ", List.of(Message.user("q")), TOOLS, Deadline.in(Duration.ofSeconds(60))));
        }
        assertFalse(bedrock.requests().getLast().body().has("system"));
    }

    @Test
    void should_declare_the_tools_that_the_history_called_when_none_is_on_offer() throws Exception {
        JsonNode body = sent(calling("drop database; --", "not json"), List.of());

        assertEquals(
                "drop_database__--",
                body.at("/toolConfig/tools/0/toolSpec/name").asText());
        assertEquals(
                "drop_database__--",
                body.at("/messages/1/content/0/toolUse/name").asText());
    }

    @Test
    void should_send_back_arguments_that_are_no_object_without_breaking_the_request() throws Exception {
        for (String broken : List.of("{\"a\":", "[1]", "null", "{}{}", "{\"a\":1}, \"x\": {", "", "\"a\"")) {
            JsonNode body = sent(calling("orders_of_customer", broken), TOOLS);
            JsonNode input = body.at("/messages/1/content/0/toolUse/input");
            assertTrue(input.isObject() && input.isEmpty(), input::toString);
        }
    }

    @Test
    void should_make_the_json_of_a_tool_list_once() {
        ToolsJson json = new ToolsJson(
                new com.fasterxml.jackson.core.io.SerializedString("{\"cachePoint\":{\"type\":\"default\"}}"));
        List<ToolDefinition> same = new ArrayList<>(TOOLS);
        List<ToolDefinition> other = new ArrayList<>(TOOLS);
        Object first = json.of(same, List.of());
        assertSame(first, json.of(same, List.of()));
        json.of(other, List.of());
        assertSame(first, json.of(same, List.of()));
        for (int i = 0; i < 10; i++) {
            json.of(new ArrayList<>(TOOLS), List.of());
        }
        assertEquals(first.toString(), json.of(same, List.of()).toString());
    }

    @Test
    void should_refuse_a_schema_that_would_break_the_request() {
        ToolDefinition broken = new ToolDefinition("t", "d", "{\"type\":\"object\"}}], \"x\": [");
        assertThrows(
                IllegalArgumentException.class,
                () -> new ToolsJson(new com.fasterxml.jackson.core.io.SerializedString(
                                "{\"cachePoint\":{\"type\":\"default\"}}"))
                        .of(List.of(broken), List.of()));
    }

    /** The service looks back for what it has cached, over 20 blocks from each cache point; a round of 12 calls has 24. */
    @Test
    void should_read_its_prefix_from_the_cache_after_rounds_of_many_calls() throws Exception {
        List<Message> messages = new ArrayList<>(List.of(Message.user("How are the customers?")));
        Set<Integer> written = new HashSet<>();
        long before = 0;
        for (int round = 0; round < 5; round++) {
            List<Content> calls = new ArrayList<>();
            List<Content> results = new ArrayList<>();
            for (int n = 0; n < 12; n++) {
                String id = "t" + round + "-" + n;
                calls.add(new Content.ToolUse(id, TOOLS.getFirst().name(), "{\"customer_id\":" + n + "}"));
                results.add(new Content.ToolResult(
                        id, "[{\"customer\":%d}]".formatted(n).repeat(20), false));
            }
            List<JsonNode> blocks = blocks(sent(messages, TOOLS));
            long read = readFromCache(blocks, written);
            System.out.printf("round %d: %d of %d characters of the prefix were cached%n", round, read, before);
            assertTrue(read >= 0.8 * before, read + " of " + before + " characters in round " + round);
            before = blocks.stream()
                    .filter(block -> !block.has("cachePoint"))
                    .mapToLong(block -> block.toString().length())
                    .sum();
            messages.add(new Message(Role.ASSISTANT, calls));
            messages.add(new Message(Role.USER, results));
        }
    }

    /** All blocks of a request in the order in which the service caches them, the cache points among them. */
    private static List<JsonNode> blocks(JsonNode body) {
        List<JsonNode> blocks = new ArrayList<>();
        body.at("/toolConfig/tools").forEach(blocks::add);
        body.path("system").forEach(blocks::add);
        body.path("messages").forEach(message -> message.path("content").forEach(blocks::add));
        return blocks;
    }

    /** The characters of the longest known prefix; then the prefixes at its points are known, too. */
    private static long readFromCache(List<JsonNode> blocks, Set<Integer> written) {
        List<Integer> hashes = new ArrayList<>(List.of(0));
        List<Long> lengths = new ArrayList<>(List.of(0L));
        Set<Integer> points = new HashSet<>();
        long read = 0;
        for (JsonNode block : blocks) {
            if (!block.has("cachePoint")) {
                hashes.add(31 * hashes.getLast() + block.toString().hashCode());
                lengths.add(lengths.getLast() + block.toString().length());
                continue;
            }
            points.add(hashes.getLast());
            for (int back = hashes.size() - 1; back >= Math.max(0, hashes.size() - 20); back--) {
                if (written.contains(hashes.get(back))) {
                    read = Math.max(read, lengths.get(back));
                }
            }
        }
        assertTrue(points.size() <= 4, "cache points");
        written.addAll(points);
        return read;
    }

    @Test
    void should_hit_the_prompt_cache_with_the_second_step_of_a_turn() throws Exception {
        bedrock.always(Script.text("ok"));
        try (ModelRig rig = ModelRig.on(bedrock)) {
            List<Message> messages = new ArrayList<>(List.of(Message.user("What did customer 7 order?")));
            Usage first = rig.models
                    .converse(new ModelRequest("s", List.copyOf(messages), TOOLS, Deadline.in(Duration.ofSeconds(60))))
                    .usage();
            messages.addAll(calling("orders_of_customer", "{}").subList(1, 3));
            Usage second = rig.models
                    .converse(new ModelRequest("s", messages, TOOLS, Deadline.in(Duration.ofSeconds(60))))
                    .usage();
            assertTrue(first.cacheWrite() > 0 && first.cacheRead() == 0, first.toString());
            assertEquals(first.cacheWrite(), second.cacheRead());
        }
    }

    private static List<Message> calling(String tool, String input) {
        return List.of(
                Message.user("q"),
                new Message(Role.ASSISTANT, List.of(new Content.ToolUse("t1", tool, input))),
                new Message(Role.USER, List.of(new Content.ToolResult("t1", "[]", false))));
    }

    private JsonNode sent(List<Message> messages, List<ToolDefinition> tools, String... settings) throws Exception {
        bedrock.always(Script.text("ok"));
        try (ModelRig rig = ModelRig.on(bedrock, settings)) {
            rig.models.converse(
                    new ModelRequest("You answer questions.", messages, tools, Deadline.in(Duration.ofSeconds(60))));
        }
        return bedrock.requests().getLast().body();
    }
}
