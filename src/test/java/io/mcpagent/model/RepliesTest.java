package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Block;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What replies become, in both calls. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RepliesTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final LocalBedrock bedrock = LocalBedrock.start(0);
    private ModelRig rig;

    @BeforeAll
    void connect() {
        rig = ModelRig.on(bedrock);
    }

    @AfterEach
    void forget() {
        bedrock.reset();
        assertEquals(0, rig.http.leased());
    }

    @AfterAll
    void close() {
        rig.close();
        bedrock.close();
    }

    /** What the service must count and did not, or not as a number, is not nothing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "7",
                "[]",
                "null",
                "{\"inputTokens\":5}",
                "{\"outputTokens\":5}",
                "{\"inputTokens\":null,\"outputTokens\":5}",
                "{\"inputTokens\":5,\"outputTokens\":null}",
                "{\"inputTokens\":\"5\",\"outputTokens\":5}",
                "{\"inputTokens\":5.0,\"outputTokens\":5}",
                "{\"inputTokens\":5,\"outputTokens\":5e0}",
                "{\"inputTokens\":5,\"outputTokens\":[5]}",
                "{\"inputTokens\":5,\"outputTokens\":99999999999999999999}",
                "{\"inputTokens\":5,\"outputTokens\":5,\"cacheReadInputTokens\":\"5\"}",
                "{\"inputTokens\":5,\"outputTokens\":5,\"cacheWriteInputTokens\":{}}",
                "{\"inputTokens\":5,\"outputTokens\":5,\"cacheDetails\":[{\"ttl\":\"1h\",\"inputTokens\":\"5\"}]}"
            })
    void should_take_a_count_that_is_none_for_unknown(String usage) throws Exception {
        byte[] whole = "{\"output\":{\"message\":{\"content\":[]}},\"stopReason\":\"end_turn\",\"usage\":%s}"
                .formatted(usage)
                .getBytes(StandardCharsets.UTF_8);
        byte[] metadata = "{\"usage\":%s}".formatted(usage).getBytes(StandardCharsets.UTF_8);
        try (ReplyAssembler assembler = new ReplyAssembler(new ModelRig.Heard())) {
            assembler.event("metadata", metadata, 0, metadata.length);
            for (Usage said : List.of(ReplyReader.read("m", whole).usage(), assembler.usage())) {
                assertTrue(
                        Stream.of(said.input(), said.output(), said.cacheRead(), said.cacheWrite(), said.hourWrite())
                                .anyMatch(count -> count < 0),
                        said.toString());
            }
        }
    }

    @Test
    void should_count_the_most_of_what_is_said_twice() throws Exception {
        Random random = new Random(6);
        for (int i = 0; i < 500; i++) {
            Usage[] said = new Usage[1 + random.nextInt(3)];
            Usage most = Usage.NONE;
            StringBuilder whole = new StringBuilder("{\"stopReason\":\"end_turn\"");
            try (ReplyAssembler assembler = new ReplyAssembler(new ModelRig.Heard())) {
                for (int each = 0; each < said.length; each++) {
                    said[each] = new Usage(random.nextInt(9), random.nextInt(9), random.nextInt(9), random.nextInt(9));
                    String usage =
                            "\"usage\":{\"inputTokens\":%d,\"outputTokens\":%d,\"cacheReadInputTokens\":%d,\"cacheWriteInputTokens\":%d}"
                                    .formatted(
                                            said[each].input(),
                                            said[each].output(),
                                            said[each].cacheRead(),
                                            said[each].cacheWrite());
                    byte[] frame = ("{" + usage + "}").getBytes(StandardCharsets.UTF_8);
                    assembler.event("metadata", frame, 0, frame.length);
                    whole.append(',').append(usage);
                    most = new Usage(
                            Math.max(most.input(), said[each].input()),
                            Math.max(most.output(), said[each].output()),
                            Math.max(most.cacheRead(), said[each].cacheRead()),
                            Math.max(most.cacheWrite(), said[each].cacheWrite()));
                }
                assertEquals(most, assembler.usage());
            }
            byte[] body = whole.append('}').toString().getBytes(StandardCharsets.UTF_8);
            assertEquals(most, ReplyReader.read("m", body).usage());
        }
    }

    @Test
    void should_answer_with_text() throws Exception {
        bedrock.always(Script.text("Customer 7 ordered two lamps — für 40 €. 😀"));

        ModelReply whole = rig.models.converse(ModelRig.question("What did customer 7 order?"));
        ModelRig.Heard heard = new ModelRig.Heard();
        ModelReply streamed = rig.models.stream(ModelRig.question("What did customer 7 order?"), heard);

        assertEquals(List.of(new Content.Text("Customer 7 ordered two lamps — für 40 €. 😀")), whole.content());
        assertEquals(withoutIds(whole), withoutIds(streamed));
        assertEquals("Customer 7 ordered two lamps — für 40 €. 😀", heard.text.toString());
        assertEquals(StopReason.END_TURN, whole.stopReason());
        assertEquals(ModelRig.MODEL, streamed.modelId());
        assertTrue(whole.usage().output() > 0 && whole.usage().equals(streamed.usage())
                || whole.usage().total() == streamed.usage().total());
        assertTrue(
                heard.pauses <= 3,
                "frames that came together are passed on together, not with " + heard.pauses + " pauses");
    }

    @ParameterizedTest
    @CsvSource({
        "end_turn,END_TURN",
        "tool_use,TOOL_USE",
        "max_tokens,MAX_TOKENS",
        "stop_sequence,STOP_SEQUENCE",
        "guardrail_intervened,GUARDRAIL_INTERVENED",
        "content_filtered,CONTENT_FILTERED",
        "model_context_window_exceeded,CONTEXT_WINDOW_EXCEEDED",
        "something_new,OTHER"
    })
    void should_tell_every_stop_reason(String wire, StopReason reason) throws Exception {
        bedrock.always(Script.text("so far").stop(wire));

        assertEquals(reason, rig.models.converse(ModelRig.question("q")).stopReason());
        assertEquals(
                reason,
                rig.models.stream(ModelRig.question("q"), new ModelRig.Heard()).stopReason());
    }

    private static List<Content> withoutIds(ModelReply reply) {
        return reply.content().stream()
                .map(block -> block instanceof Content.ToolUse call
                        ? new Content.ToolUse("id", call.name(), call.input())
                        : block)
                .toList();
    }

    @Test
    void should_read_parallel_tool_calls_in_their_order() throws Exception {
        JsonNode first = JSON.readTree(
                "{\"customer_id\": 7, \"nothing\": null, \"price\": 1234.50, \"name\": \"Müller \\\"x\\\"\"}");
        bedrock.always(Script.calls(
                        new Block.ToolUse("tooluse_1", "orders_of_customer", first),
                        new Block.ToolUse("tooluse_2", "late_shipments", JSON.readTree("{}")))
                .after(new Block.Text("Let me look.")));
        ModelRequest request = ModelRig.question("q", List.of(ModelRig.TOOL), java.time.Duration.ofSeconds(60));

        ModelReply whole = rig.models.converse(request);
        ModelRig.Heard heard = new ModelRig.Heard();
        ModelReply streamed = rig.models.stream(request, heard);

        assertEquals(withoutIds(whole), withoutIds(streamed));
        assertEquals(new Content.Text("Let me look."), whole.content().getFirst());
        Content.ToolUse call = (Content.ToolUse) whole.content().get(1);
        // Never the model's own id, which nothing keeps from being that of another call.
        assertNotEquals("tooluse_1", call.id());
        assertEquals(first, JSON.readTree(call.input().json()));
        assertEquals(Arguments.NONE, ((Content.ToolUse) streamed.content().get(2)).input());
        assertEquals(
                List.of("start orders_of_customer", "end", "start late_shipments", "end"),
                heard.events.stream()
                        .filter(event -> !event.equals("text") && !event.equals("input"))
                        .toList());
    }

    @Test
    void should_carry_reasoning_through_exactly() throws Exception {
        byte[] secret = {1, 2, 3, (byte) 0xFF};
        Content.Origin origin = new Content.Origin("claude-sonnet-4-5", "");
        bedrock.always(Script.text("42")
                .after(new Block.Redacted(secret))
                .after(new Block.Reasoning("Six by nine…", "c2lnbmF0dXJl/+==")));

        ModelReply whole = rig.models.converse(ModelRig.question("q"));
        ModelRig.Heard heard = new ModelRig.Heard();
        ModelReply streamed = rig.models.stream(ModelRig.question("q"), heard);

        assertEquals(
                List.of(
                        new Content.Reasoning("Six by nine…", "c2lnbmF0dXJl/+==", null, origin),
                        new Content.Reasoning(null, null, Base64.getEncoder().encodeToString(secret), origin),
                        new Content.Text("42")),
                whole.content());
        assertEquals(withoutIds(whole), withoutIds(streamed));
        assertEquals("Six by nine…", heard.reasoning.toString());
        assertFalse(heard.text.toString().contains("Six"));
    }

    @Test
    void should_count_cached_tokens_beside_the_others() throws Exception {
        bedrock.always(Script.text("x").usage(new Script.Usage(11, 22, 33, 44)));

        assertEquals(
                new Usage(11, 22, 33, 44),
                rig.models.converse(ModelRig.question("q")).usage());
        assertEquals(
                new Usage(11, 22, 33, 44),
                rig.models.stream(ModelRig.question("q"), new ModelRig.Heard()).usage());
    }

    @Test
    void should_drop_a_blank_text_that_could_not_be_sent_back() throws Exception {
        bedrock.always(Script.call("t", JSON.readTree("{\"a\":1}")).after(new Block.Text(" \n")));

        assertEquals(1, rig.models.converse(ModelRig.question("q")).content().size());
        assertEquals(
                1,
                rig.models.stream(ModelRig.question("q"), new ModelRig.Heard())
                        .content()
                        .size());
    }

    @Test
    void should_pass_over_a_guardrail_s_trace() throws Exception {
        bedrock.always(Script.text("Sorry.")
                .stop("guardrail_intervened")
                .trace(JSON.readTree("{\"guardrail\":{\"a\":[1,{\"usage\":{}}]}}"))
                .additionalFields(JSON.readTree("{\"stopReason\":\"no\"}"))
                .usage(new Script.Usage(1, 2, 3, 4)));

        ModelReply whole = rig.models.converse(ModelRig.question("q"));
        assertEquals(StopReason.GUARDRAIL_INTERVENED, whole.stopReason());
        assertEquals(new Usage(1, 2, 3, 4), whole.usage());
        assertEquals(whole, rig.models.stream(ModelRig.question("q"), new ModelRig.Heard()));
    }
}
