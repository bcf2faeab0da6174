package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

    @Test
    void should_read_what_it_wrote() {
        for (TurnRecord turn : List.of(
                Samples.toolTurn("r"),
                Samples.turn("r", "q"),
                new TurnRecord("r", Instant.EPOCH, null, List.of(), List.of(), null))) {
            assertEquals(turn, StoredJson.readTurn(StoredJson.write(turn)));
        }
        for (Approval.State state : Approval.State.values()) {
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
                            case 1 -> new Content.ToolUse(text(random), text(random), text(random));
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
                            optional(random),
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
}
