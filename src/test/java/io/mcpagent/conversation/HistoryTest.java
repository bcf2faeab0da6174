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

    private static List<Message> chosen(List<TurnRecord> turns, List<Message> current, int maxTokens) {
        return History.of(turns, current, maxTokens, 1_000_000).messages();
    }

    @Test
    void should_send_everything_that_fits() {
        List<TurnRecord> turns = List.of(Samples.turn("1", "one"), Samples.toolTurn("2"));
        List<Message> expected = new ArrayList<>(turns.get(0).messages());
        expected.addAll(turns.get(1).messages());
        expected.addAll(CURRENT);
        assertEquals(expected, chosen(turns, CURRENT, 100_000));
    }

    @Test
    void should_leave_out_the_oldest_turns_whole() {
        List<TurnRecord> turns = List.of(turnOf(500), turnOf(500), turnOf(500));
        assertEquals(2 * 2 + 1, chosen(turns, CURRENT, 1_250).size());
        assertEquals(2 + 1, chosen(turns, CURRENT, 100).size(), "the last turn is always there");
    }

    @Test
    void should_never_cut_the_current_turn() {
        List<Message> large = List.of(Message.user("x".repeat(100_000)));
        assertEquals(large, chosen(List.of(turnOf(10)), large, 5).subList(2, 3));
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
            Message now = chosen(turns, CURRENT, 10_000).getFirst();
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
            List<Message> messages = chosen(turns, CURRENT, maxTokens);
            assertSame(CURRENT.getFirst(), messages.getLast());
            List<Message> finished = messages.subList(0, messages.size() - 1);
            assertValid(finished, "seed " + seed);
            long sent = turns.stream()
                    .filter(turn -> History.isWhole(turn.messages()) && finished.containsAll(turn.messages()))
                    .mapToLong(History::tokens)
                    .sum();
            assertTrue(
                    sent <= maxTokens
                            || finished.stream().filter(HistoryTest::isQuestion).count() == 1,
                    "seed " + seed);
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

    private static boolean isQuestion(Message message) {
        return message.role() == Role.USER
                && message.content().stream().noneMatch(Content.ToolResult.class::isInstance);
    }

    /** K7: ten results of 64 KB, or five before a follow-up. */
    @Test
    void should_fit_into_any_room_with_the_last_turn_and_the_newest_results() {
        for (int seed = 0; seed < 1_000; seed++) {
            Random random = new Random(seed);
            List<TurnRecord> turns = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                turns.add(largeTurn(random));
            }
            List<Message> whole = largeTurn(random).messages();
            List<Message> current = whole.subList(0, whole.size() - 1);
            int room = 15_000 + random.nextInt(random.nextBoolean() ? 30_000 : 1_000_000);
            History.Chosen chosen = History.of(turns, current, 100_000, room);
            String hint = "seed " + seed;

            List<Message> all = chosen.messages();
            assertTrue(History.estimate(all) <= room, hint);
            List<Message> running = all.subList(all.size() - current.size(), all.size());
            List<Message> finished = all.subList(0, all.size() - current.size());
            assertValid(finished, hint);
            assertEquals(current.getFirst(), running.getFirst(), hint);
            if (!turns.isEmpty()) {
                TurnRecord last = turns.getLast();
                String question = last.messages().getFirst().text();
                assertTrue(finished.stream().anyMatch(message -> message.text().equals(question)), hint);
                assertTrue(finished.getLast().text().startsWith("The answer"), hint);
            }
            assertEquals(
                    turns.size() - chosen.leftOut(),
                    finished.stream().filter(HistoryTest::isQuestion).count(),
                    hint);
            boolean anyCut = false;
            boolean wholeSeen = false;
            for (int i = 0; i < current.size(); i++) {
                for (int n = 0; n < current.get(i).content().size(); n++) {
                    Content before = current.get(i).content().get(n);
                    if (before instanceof Content.ToolResult result
                            && result.text().length() > 2_000) {
                        boolean cut = !running.get(i).content().get(n).equals(before);
                        assertFalse(cut && wholeSeen, hint + ": an older result was spared");
                        wholeSeen |= !cut;
                        anyCut |= cut;
                    }
                }
            }
            assertTrue(chosen.cut() || !anyCut, hint);
        }
    }

    private static TurnRecord largeTurn(Random random) {
        List<Message> messages = new ArrayList<>(List.of(Message.user("question " + random.nextLong())));
        for (int round = 1 + random.nextInt(4); round > 0; round--) {
            List<Content> asked = new ArrayList<>();
            List<Content> results = new ArrayList<>();
            for (int call = 1 + random.nextInt(4); call > 0; call--) {
                String id = "tool-" + random.nextLong();
                asked.add(new Content.ToolUse(id, "t", "{}"));
                String row = random.nextInt(5) == 0 ? "\uD83D\uDE80x" : "[1,2,3]";
                results.add(new Content.ToolResult(id, row.repeat(1 + random.nextInt(9_000)), false));
            }
            messages.add(new Message(Role.ASSISTANT, asked));
            messages.add(new Message(Role.USER, results));
        }
        messages.add(Samples.assistant(new Content.Text("The answer" + "!".repeat(random.nextInt(9_000)))));
        return new TurnRecord("r", Instant.EPOCH, "m", messages, List.of(), null);
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
