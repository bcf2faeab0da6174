package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.MemoryStore;
import io.mcpagent.conversation.MovableClock;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.Role;
import io.mcpagent.model.StopReason;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A store that loses answers, refuses, conflicts and fails at random, over an hour's worth of turns in several conversations. Every client asks
 * again with its key until it is answered.
 */
class HostileStoreTest {

    private static final int TURNS = Integer.getInteger("hostile.turns", 600);
    private static final int CONVERSATIONS = 5;
    private static final int MOST_TRIES = 60;
    private static final Pattern QUESTION = Pattern.compile("(read|write) \\d+ in c\\d");

    private final Random random = new Random(404);
    private final MovableClock clock = MovableClock.atNow();
    private final MemoryStore memory = MemoryStore.empty(clock);
    private final Map<String, Integer> executed = new HashMap<>();
    private int faults;

    /** What befalls one request: nothing in half of them, else a fault at one of its first steps. */
    private Mishap next() {
        Mishap.Kind kind = List.of(
                        Mishap.Kind.NOTHING,
                        Mishap.Kind.STORE_FAILS_ONCE,
                        Mishap.Kind.STORE_FAILS_ONCE,
                        Mishap.Kind.STORE_GONE)
                .get(random.nextInt(4));
        return new Mishap(kind, random.nextInt(24), random);
    }

    private TurnRig process(Mishap mishap, String question) {
        TurnRig rig = new TurnRig(new FaultyStore(memory, mishap));
        rig.tools.behaviour = (tool, arguments) -> {
            executed.merge(question, 1, Integer::sum);
            return new io.mcpagent.tools.ToolAnswer(io.mcpagent.tools.ToolOutcome.OK, "[]", 1);
        };
        rig.model
                .then(request -> new ModelReply(
                        ScriptedModel.ID,
                        question.contains("write")
                                ? List.of(new Content.ToolUse("t-" + question, "allowed_write", "{}"))
                                : List.of(new Content.Text("To " + question)),
                        question.contains("write") ? StopReason.TOOL_USE : StopReason.END_TURN,
                        ScriptedModel.USAGE))
                .says("To " + question);
        return rig;
    }

    @Test
    void should_lose_double_and_mix_nothing_whatever_the_store_does() {
        Map<String, Set<String>> asked = new HashMap<>();
        for (int i = 0; i < TURNS; i++) {
            String conversation = "c" + random.nextInt(CONVERSATIONS);
            String question = (random.nextInt(3) == 0 ? "write " : "read ") + i + " in " + conversation;
            asked.computeIfAbsent(conversation, id -> new HashSet<>()).add(question);
            ask(conversation, question);
        }
        assertThat(faults).isGreaterThan(TURNS / 5);
        asked.forEach((id, questions) -> {
            Conversation stored = memory.conversations().find(TurnRig.ANN, id).orElseThrow();
            // A write whose end could not be stored is found as a turn that waits; the next question goes on with it.
            List<List<Message>> turns = new ArrayList<>(
                    stored.turns().stream().map(TurnRecord::messages).toList());
            if (stored.pending() != null) {
                turns.add(stored.pending().messages());
            }
            assertThat(turns.stream().flatMap(HostileStoreTest::questions))
                    .as("turns of " + id)
                    .containsExactlyInAnyOrderElementsOf(questions);
            assertThat(turns)
                    .allSatisfy(turn -> assertThat(turn.stream()
                                    .filter(message -> message.text().startsWith("To "))
                                    .map(message -> message.text().substring(3)))
                            .isSubsetOf(questions(turn).toList()));
        });
        assertThat(executed.values()).allMatch(times -> times == 1);
        System.out.println(
                TURNS + " turns, " + faults + " requests that the store failed, " + executed.size() + " writes");
    }

    private static Stream<String> questions(List<Message> turn) {
        return turn.stream()
                .filter(message -> message.role() == Role.USER)
                .flatMap(message -> message.content().stream())
                .filter(Content.Text.class::isInstance)
                .map(part -> ((Content.Text) part).text())
                .filter(text -> QUESTION.matcher(text).matches());
    }

    private void ask(String conversation, String question) {
        for (int i = 0; i < MOST_TRIES; i++) {
            Mishap mishap = i < MOST_TRIES / 2 ? next() : Mishap.NONE;
            try (TurnRig rig = process(mishap, question);
                    OpenTurn turn = rig.open(TurnRig.keyed(conversation, question, question))) {
                if (turn.earlierAnswer() == null) {
                    turn.run(TurnListener.NONE);
                }
                return;
            } catch (ProblemException e) {
                faults++;
                assertThat(e.problem())
                        .isIn(Problem.STORE_UNAVAILABLE, Problem.CONVERSATION_BUSY, Problem.REQUEST_RUNNING);
                // What a lost answer took ends by its time; a store of ours gives it back before.
                clock.advance(Duration.ofMinutes(3));
            }
        }
        throw new AssertionError("never answered: " + question);
    }
}
