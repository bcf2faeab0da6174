package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import io.mcpagent.model.Usage;
import io.mcpagent.tools.ToolOutcome;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StoredJsonTest {

    /** Items as the first release wrote them; never to be changed, since such items lie in tables. */
    private static final String TURN = """
            {"format":1,"runId":"run-1","at":"2026-11-22T10:15:30Z","modelId":"anthropic.claude","messages":[\
            {"role":"USER","content":[{"kind":"text","text":"How many orders? ☃ \uD83D\uDE80"}]},\
            {"role":"ASSISTANT","content":[{"kind":"reasoning","text":"I had better count.","signature":"c2lnbmF0dXJl=="},\
            {"kind":"reasoning","redacted":"cmVkYWN0ZWQ="},{"kind":"text","text":"Let me look."},\
            {"kind":"toolUse","id":"tool-1","name":"count-orders","input":"{\\"since\\": \\"2026\\"}"},\
            {"kind":"toolUse","id":"tool-2","name":"count","input":"{}"}]},\
            {"role":"USER","content":[{"kind":"toolResult","id":"tool-1","text":"[]","error":false},\
            {"kind":"toolResult","id":"tool-2","text":"no","error":true}]},\
            {"role":"ASSISTANT","content":[{"kind":"text","text":"None."}]}],\
            "calls":[{"id":"tool-1","name":"count-orders","arguments":"{\\"since\\":\\"2026\\"}","outcome":"OK","durationMs":12},\
            {"id":"tool-2","name":"count","arguments":"{}","outcome":"UNKNOWN_TOOL","durationMs":0}],\
            "receipt":{"modelCalls":2,"input":1200,"output":80,"cacheRead":900,"cacheWrite":30,"dollars":"0.005310",\
            "toolCalls":1,"millis":812}}""";

    private static final String WAITING = """
            {"format":1,"runId":"run-3","modelId":"anthropic.claude","messages":[\
            {"role":"USER","content":[{"kind":"text","text":"Delete order 7"}]},\
            {"role":"ASSISTANT","content":[{"kind":"reasoning","text":"I had better count.","signature":"c2lnbmF0dXJl=="},\
            {"kind":"reasoning","redacted":"cmVkYWN0ZWQ="},{"kind":"text","text":"Let me look."},\
            {"kind":"toolUse","id":"tool-1","name":"count-orders","input":"{\\"since\\": \\"2026\\"}"},\
            {"kind":"toolUse","id":"tool-2","name":"count","input":"{}"}]}],\
            "results":[{"kind":"toolResult","id":"tool-1","text":"[{\\"a\\":1}]","error":false}],\
            "approvals":[{"callId":"tool-2","tool":"delete-order","arguments":"{\\"id\\":7}","fingerprint":"abc",\
            "state":"PENDING","expiresAt":"2026-11-22T10:30:00Z"}],\
            "calls":[{"id":"tool-1","name":"count-orders","arguments":"{}","outcome":"OK","durationMs":5}],\
            "receipt":{"modelCalls":1,"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"toolCalls":1,"millis":5}}""";

    private static final String BARE =
            "{\"format\":1,\"runId\":\"r\",\"at\":\"1970-01-01T00:00:00Z\",\"messages\":[],\"calls\":[]}";

    /** Arguments were stored as the model wrote them; now they are as we write them. */
    private static String compact(String item) {
        return item.replace("{\\\"since\\\": ", "{\\\"since\\\":");
    }

    @Test
    void should_read_and_write_the_items_of_the_first_release_to_the_letter() {
        assertEquals(Samples.toolTurn("run-1"), StoredJson.readTurn(bytes(TURN)));
        assertEquals(compact(TURN), text(StoredJson.write(Samples.toolTurn("run-1"))));
        PendingTurn waiting = Samples.pending("run-3", Approval.Stage.PENDING);
        assertEquals(waiting, StoredJson.readPending(bytes(WAITING)));
        assertEquals(compact(WAITING), text(StoredJson.write(waiting)));
        TurnRecord bare = new TurnRecord("r", Instant.EPOCH, null, List.of(), List.of(), null);
        assertEquals(bare, StoredJson.readTurn(bytes(BARE)));
        assertEquals(BARE, text(StoredJson.write(bare)));
    }

    @Test
    void should_know_each_word_of_the_first_release() {
        for (String outcome : List.of(
                "OK",
                "ERROR",
                "UNKNOWN_TOOL",
                "DENIED",
                "APPROVAL_REQUIRED",
                "DECLINED",
                "UNAVAILABLE",
                "TIMEOUT",
                "OUTCOME_UNKNOWN")) {
            TurnRecord turn = StoredJson.readTurn(bytes(TURN.replace("\"OK\"", '"' + outcome + '"')));
            assertEquals(outcome, turn.calls().getFirst().outcome().name());
        }
        for (String state : List.of("PENDING", "DECLINED", "EXECUTING", "EXECUTED")) {
            PendingTurn turn = StoredJson.readPending(bytes(WAITING.replace("\"PENDING\"", '"' + state + '"')));
            assertEquals(state, turn.approvals().getFirst().state().name());
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void should_read_what_it_wrote() {
        for (TurnRecord turn : List.of(
                Samples.toolTurn("r"),
                Samples.turn("r", "q"),
                new TurnRecord(
                        "r",
                        Instant.EPOCH,
                        null,
                        List.of(new Message(Role.USER, List.of(new Content.Text("q"), new Content.Note("n")))),
                        List.of(),
                        null),
                new TurnRecord("r", Instant.EPOCH, null, List.of(), List.of(), null))) {
            assertEquals(turn, StoredJson.readTurn(StoredJson.write(turn)));
        }
        for (Approval.Stage state : Approval.Stage.values()) {
            PendingTurn pending = Samples.pending("r", state);
            assertEquals(pending, StoredJson.readPending(StoredJson.write(pending)));
        }
    }

    @Test
    void should_read_what_it_wrote_whatever_the_texts_hold() {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            List<Content> blocks = new ArrayList<>();
            for (int i = 1 + random.nextInt(5); i > 0; i--) {
                blocks.add(
                        switch (random.nextInt(4)) {
                            case 0 -> new Content.Text(text(random));
                            case 1 -> new Content.ToolUse(text(random), text(random), arguments(random));
                            case 2 -> new Content.ToolResult(text(random), text(random), random.nextBoolean());
                            default -> new Content.Reasoning(optional(random), optional(random), optional(random));
                        });
            }
            TurnRecord turn = new TurnRecord(
                    text(random),
                    Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)),
                    text(random),
                    List.of(new Message(Role.USER, blocks), new Message(Role.ASSISTANT, blocks)),
                    List.of(new CallRecord(
                            text(random),
                            text(random),
                            arguments(random),
                            ToolOutcome.values()[random.nextInt(ToolOutcome.values().length)],
                            random.nextLong())),
                    new Receipt(
                            random.nextInt(),
                            new Usage(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()),
                            random.nextBoolean() ? null : new BigDecimal(random.nextLong()).movePointLeft(6),
                            random.nextInt(),
                            random.nextLong()));
            assertEquals(turn, StoredJson.readTurn(StoredJson.write(turn)), "seed " + seed);
        }
    }

    @Test
    void should_store_half_a_surrogate_pair_as_a_question_mark() {
        TurnRecord stored = StoredJson.readTurn(StoredJson.write(Samples.turn("r", "a\uD83Db")));
        assertEquals("a?b", stored.messages().getFirst().text());
    }

    @Test
    void should_skip_members_of_later_versions() {
        String stored = """
                {"later":{"a":[1,{"b":null}]},"format":1,"runId":"r","many":[[1],2,{"x":[]}],"at":"2026-11-22T10:00:00Z","modelId":null,
                 "messages":[{"role":"USER","content":[{"kind":"text","text":"q","cache":true}],"name":"n"}],"receipt":{"modelCalls":3,"credits":1.5}}""";
        assertEquals(
                new TurnRecord(
                        "r",
                        Instant.parse("2026-11-22T10:00:00Z"),
                        null,
                        List.of(Message.user("q")),
                        List.of(),
                        new Receipt(3, Usage.NONE, null, 0, 0)),
                StoredJson.readTurn(stored.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void should_refuse_what_it_can_not_read_rightly_without_quoting_it() {
        String whole = new String(StoredJson.write(Samples.toolTurn("secret")), StandardCharsets.UTF_8);
        for (String damaged : List.of(
                "",
                "[]",
                "{}",
                whole.substring(0, whole.length() / 2),
                whole.replace("\"format\":1", "\"format\":2"),
                whole.replace("\"kind\":\"text\"", "\"kind\":\"secret\""),
                whole.replace("\"USER\"", "\"secret\""))) {
            IllegalStateException refused = assertThrows(
                    IllegalStateException.class, () -> StoredJson.readTurn(damaged.getBytes(StandardCharsets.UTF_8)));
            assertFalse(refused.getMessage().contains("secret"));
            assertEquals(null, refused.getCause());
        }
    }

    private static String optional(Random random) {
        return random.nextBoolean() ? null : text(random);
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(20); i > 0; i--) {
            int codePoint = random.nextInt(random.nextBoolean() ? 0x80 : 0x110000);
            text.appendCodePoint(codePoint >= 0xD800 && codePoint < 0xE000 ? '"' : codePoint);
        }
        return text.toString();
    }

    /** An object with any text that is Unicode, as no other gets in. */
    private static Arguments arguments(Random random) {
        String text = text(random).replaceAll("[\\ud800-\\udfff]", "");
        return Arguments.read(com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
                .objectNode()
                .put("a", text)
                .toString());
    }
}
