package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import io.mcpagent.model.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistoryTest {

    private static final List<Message> CURRENT = List.of(Message.user("now"));

    @Test
    void should_send_everything_that_fits() {
        List<TurnRecord> turns = List.of(Samples.turn("1", "one"), Samples.toolTurn("2"));
        List<Message> expected = new ArrayList<>(turns.get(0).messages());
        expected.addAll(turns.get(1).messages());
        expected.addAll(CURRENT);
        assertEquals(expected, History.of(turns, CURRENT, 100_000));
    }

    @Test
    void should_leave_out_the_oldest_turns_whole() {
        List<TurnRecord> turns = List.of(turnOf(500), turnOf(500), turnOf(500));
        assertEquals(2 * 2 + 1, History.of(turns, CURRENT, 1_250).size());
        assertEquals(1, History.of(turns, CURRENT, 100).size(), "a turn that does not fit is not cut");
    }

    @Test
    void should_never_cut_the_current_turn() {
        List<Message> large = List.of(Message.user("x".repeat(100_000)));
        assertEquals(large, History.of(List.of(turnOf(10)), large, 5));
    }

    @Test
    void should_count_what_the_model_wrote_as_the_service_did() {
        TurnRecord counted = Samples.turn("1", "abcdef", "x".repeat(3_000));
        assertEquals(80 + 2, History.tokens(counted));
        TurnRecord uncounted = new TurnRecord(
                "1", Instant.EPOCH, "m", counted.messages(), List.of(), new Receipt(0, Usage.NONE, null, 0, 0));
        assertEquals(1_000 + 2, History.tokens(uncounted));
        assertEquals(4, History.estimate("日本語a"));
    }

    @Test
    void should_keep_its_beginning_over_several_turns() {
        List<TurnRecord> turns = new ArrayList<>();
        int changes = 0;
        Message first = null;
        for (int i = 0; i < 400; i++) {
            turns.add(turnOf(100));
            Message now = History.of(turns, CURRENT, 10_000).getFirst();
            changes += first != null && now != first ? 1 : 0;
            first = now;
        }
        assertTrue(changes > 20 && changes < 30, changes + " changes in 300 full turns");
    }

    @Test
    void should_always_be_valid_for_converse() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            List<TurnRecord> turns = new ArrayList<>();
            for (int i = random.nextInt(30); i > 0; i--) {
                turns.add(randomTurn(random));
            }
            int maxTokens = random.nextInt(2_000);
            List<Message> messages = History.of(turns, CURRENT, maxTokens);
            assertSame(CURRENT.getFirst(), messages.getLast());
            List<Message> finished = messages.subList(0, messages.size() - 1);
            assertValid(finished, "seed " + seed);
            long sent = turns.stream()
                    .filter(turn -> History.isWhole(turn.messages()) && finished.containsAll(turn.messages()))
                    .mapToLong(History::tokens)
                    .sum();
            assertTrue(sent <= maxTokens, "seed " + seed);
        }
    }

    @Test
    void should_know_what_converse_refuses() {
        assertTrue(History.isWhole(Samples.toolTurn("1").messages()));
        assertFalse(History.isWhole(Samples.pending("1", Approval.Stage.PENDING).messages()), "unanswered calls");
        assertFalse(History.isWhole(List.of(Message.user("a"))));
        assertFalse(History.isWhole(List.of(Message.user("a"), Message.user("b"))));
        assertFalse(
                History.isWhole(List.of(
                        new Message(Role.USER, List.of(new Content.ToolResult("x", "y", false))),
                        Samples.assistant(new Content.Text("b")))),
                "a result that nobody asked for");
    }

    /** Checked differently than in the code: as Converse reads it, one message after the other. */
    private static void assertValid(List<Message> messages, String hint) {
        Role expected = Role.USER;
        List<String> open = List.of();
        for (Message message : messages) {
            assertEquals(expected, message.role(), hint);
            List<String> results = message.content().stream()
                    .filter(Content.ToolResult.class::isInstance)
                    .map(block -> ((Content.ToolResult) block).toolUseId())
                    .toList();
            assertEquals(open, results, hint);
            open = message.toolUses().stream().map(Content.ToolUse::id).toList();
            expected = expected == Role.USER ? Role.ASSISTANT : Role.USER;
        }
        assertEquals(Role.USER, expected, hint);
        assertEquals(List.of(), open, hint);
    }

    private static TurnRecord randomTurn(Random random) {
        List<Message> messages =
                new ArrayList<>(List.of(Message.user("q".repeat(1 + random.nextInt(300)) + random.nextLong())));
        for (int round = random.nextInt(3); round > 0; round--) {
            List<Content> asked = new ArrayList<>(List.of(new Content.Text("let me look")));
            List<Content> results = new ArrayList<>();
            for (int call = 1 + random.nextInt(3); call > 0; call--) {
                String id = "tool-" + random.nextLong();
                asked.add(new Content.ToolUse(id, "t", "{}"));
                results.add(new Content.ToolResult(id, "é".repeat(random.nextInt(100)) + "[]", random.nextBoolean()));
            }
            messages.add(new Message(Role.ASSISTANT, asked));
            messages.add(new Message(Role.USER, results));
        }
        messages.add(Samples.assistant(new Content.Text("a".repeat(1 + random.nextInt(500)))));
        if (random.nextInt(10) == 0) {
            messages.remove(random.nextInt(messages.size()));
        }
        Usage usage =
                random.nextBoolean() ? Usage.NONE : new Usage(random.nextInt(5_000), 1 + random.nextInt(400), 0, 0);
        return new TurnRecord("r", Instant.EPOCH, "m", messages, List.of(), new Receipt(1, usage, null, 0, 0));
    }

    private static TurnRecord turnOf(int tokens) {
        return new TurnRecord(
                "r",
                Instant.EPOCH,
                "m",
                List.of(Message.user("q".repeat(tokens * 3 - 12)), Samples.assistant(new Content.Text("a"))),
                List.of(),
                new Receipt(1, new Usage(0, 4, 0, 0), null, 0, 0));
    }
}
