package io.mcpagent.turn;

import static io.mcpagent.turn.TurnRig.ANN;
import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.MemoryStore;
import io.mcpagent.conversation.MovableClock;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Content;
import io.mcpagent.model.ConverseRulesTest;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.StopReason;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A write is never repeated. A process runs a turn with reads, allowed writes and approved ones, something befalls it at one of its steps, and
 * another process takes over: every request is sent again under its key, and the conversation goes on.
 */
class WrittenOnceTest {

    private static final int RUNS = Integer.getInteger("written.runs", 400);
    private static final Duration LEASE = Duration.ofSeconds(300);

    /** One story, from its seed. */
    private static final class Story {

        private final Random random;
        private final MovableClock clock = MovableClock.atNow();
        private final MemoryStore memory = MemoryStore.empty(clock);
        private final List<List<Content>> rounds = new ArrayList<>();
        private final Map<String, Integer> executed = new HashMap<>();
        private final boolean keyed;
        private final Mishap.Kind kind;
        private final int at;
        private String seen = "";

        Story(long seed) {
            random = new Random(seed);
            Mishap.Kind[] kinds = Mishap.Kind.values();
            kind = random.nextInt(3) == 0 ? Mishap.Kind.KILLED : kinds[random.nextInt(kinds.length)];
            at = random.nextInt(random.nextBoolean() ? 18 : 50);
            keyed = random.nextInt(4) > 0;
            int n = 0;
            for (int round = random.nextInt(1, 4); round > 0; round--) {
                List<Content> calls = new ArrayList<>();
                for (int call = random.nextInt(1, 4); call > 0; call--) {
                    String tool = List.of("read", "allowed_write", "allowed_write", "write")
                            .get(random.nextInt(4));
                    calls.add(new Content.ToolUse("t" + n, tool, "{\"n\":" + n++ + "}"));
                }
                rounds.add(calls);
            }
        }

        private TurnRig process(Mishap mishap) {
            TurnRig rig = new TurnRig(new FaultyStore(memory, mishap));
            mishap.stops(() -> rig.begun
                    .getLast()
                    .cancel(
                            switch (kind) {
                                case DEADLINE -> Run.Reason.DEADLINE;
                                case SHUTDOWN -> Run.Reason.SHUTDOWN;
                                default -> Run.Reason.CLIENT_GONE;
                            }));
            rig.tools.behaviour = (tool, arguments) -> {
                mishap.inTool(tool);
                if (!tool.equals("read")) {
                    executed.merge(arguments.json(), 1, Integer::sum);
                }
                mishap.inTool(tool + " done");
                return new ToolAnswer(ToolOutcome.OK, "[]", 1);
            };
            // What the model says depends on what it is told alone, as it would with a request that is sent again.
            for (int i = 0; i < 20; i++) {
                rig.model.then(request -> {
                    mishap.inModel("asked");
                    ConverseRulesTest.assertValid(request.messages());
                    long asked = request.messages().stream()
                            .flatMap(message -> message.toolUses().stream())
                            .count();
                    int next = 0;
                    for (long calls = 0; next < rounds.size() && calls < asked; next++) {
                        calls += rounds.get(next).size();
                    }
                    boolean over = next == rounds.size()
                            || request.messages().getLast().text().contains("What");
                    ModelReply reply = new ModelReply(
                            ScriptedModel.ID,
                            over ? List.of(new Content.Text("Done.")) : rounds.get(next),
                            over ? StopReason.END_TURN : StopReason.TOOL_USE,
                            ScriptedModel.USAGE);
                    mishap.inModel("answered");
                    return reply;
                });
            }
            return rig;
        }

        /** What a request ends with; null if there is nobody left to answer it. */
        private @Nullable Object ends(Supplier<TurnResult> request) {
            try {
                return request.get();
            } catch (ProblemException e) {
                return e;
            } catch (Mishap.Killed e) {
                return null;
            } finally {
                // The interrupt belongs to the run.
                assertThat(Thread.interrupted()).isFalse();
            }
        }

        private Question ask() {
            return new Question.Ask(Identity.of(ANN), "c", true, "Do it", false, key("ask"), null);
        }

        private Question.@Nullable IdempotencyKey key(String name) {
            return keyed ? new Question.IdempotencyKey(name, "hash of " + name) : null;
        }

        private Question decide(String callId) {
            return new Question.Decision(
                    Identity.of(ANN),
                    "c",
                    List.of(new Approvals.Verdict(callId, callId.hashCode() % 5 != 0)),
                    false,
                    key(callId),
                    null);
        }

        private static @Nullable TurnResult answer(TurnRig rig, Question question) {
            try (OpenTurn turn = rig.open(question)) {
                return turn.earlierAnswer() == null ? turn.run(TurnListener.NONE) : null;
            }
        }

        private List<String> waiting() {
            return memory
                    .conversations()
                    .find(ANN, "c")
                    .map(Conversation::pending)
                    .map(PendingTurn::approvals)
                    .orElse(List.of())
                    .stream()
                    .filter(approval -> approval.state() == Approval.Stage.PENDING)
                    .map(Approval::callId)
                    .toList();
        }

        void tell() {
            Mishap mishap = new Mishap(kind, at, random);
            List<Question> sent = new ArrayList<>(List.of(ask()));
            try (TurnRig first = process(mishap)) {
                Object end = ends(() -> answer(first, ask()));
                while (end instanceof TurnResult waits && waits.outcome() == TurnOutcome.APPROVAL_REQUIRED) {
                    Question decision = decide(waiting().getFirst());
                    sent.add(decision);
                    end = ends(() -> answer(first, decision));
                }
            }
            seen = mishap.happened() ? mishap.points().get(at) : "nothing";
            clock.advance(LEASE);
            try (TurnRig next = process(Mishap.NONE)) {
                // Whoever got no answer asks again; without a key only what is sure not to have been done.
                for (Question question : keyed ? sent : List.<Question>of()) {
                    ends(() -> answer(next, question));
                }
                for (List<String> open = waiting(); !open.isEmpty(); open = waiting()) {
                    String callId = open.getFirst();
                    ends(() -> answer(next, decide(callId)));
                }
                assertRecord();
                Object end = ends(() -> next.run(TurnRig.says("c", "What became of it?")));
                assertThat(end).isInstanceOf(TurnResult.class);
                assertThat(((TurnResult) end).outcome()).isEqualTo(TurnOutcome.COMPLETED);
                assertRecord();
                assertThat(next.allFree("c", "ask")).isTrue();
                assertThat(memory.conversations().find(ANN, "c").orElseThrow().pending())
                        .isNull();
            }
        }

        private void assertRecord() {
            Conversation stored = memory.conversations().find(ANN, "c").orElse(null);
            List<CallRecord> records = stored == null
                    ? List.of()
                    : Stream.concat(
                                    stored.turns().stream().flatMap(turn -> turn.calls().stream()),
                                    Stream.ofNullable(stored.pending()).flatMap(pending -> pending.calls().stream()))
                            .toList();
            executed.forEach((call, times) -> {
                assertThat(times).as("executions of " + call).isEqualTo(1);
                assertThat(records)
                        .as("records of " + call + " in " + stored)
                        .filteredOn(made -> made.arguments().json().equals(call))
                        .singleElement()
                        .satisfies(
                                made -> assertThat(made.outcome()).isIn(ToolOutcome.OK, ToolOutcome.OUTCOME_UNKNOWN));
            });
            for (CallRecord made : records) {
                if (!made.name().equals("read") && made.outcome() == ToolOutcome.OK) {
                    assertThat(executed)
                            .as(made.toString())
                            .containsKey(made.arguments().json());
                }
            }
        }
    }

    @Test
    void should_write_once_and_say_so_whatever_befalls_the_process_at_whatever_step() {
        Map<String, Integer> seen = new TreeMap<>();
        Map<Mishap.Kind, Integer> kinds = new TreeMap<>();
        for (long seed = 0; seed < RUNS; seed++) {
            Story story = new Story(seed);
            try {
                story.tell();
            } catch (AssertionError e) {
                throw new AssertionError(
                        "seed " + seed + ": " + story.kind + " at " + story.seen + " of " + story.rounds, e);
            }
            seen.merge(story.seen, 1, Integer::sum);
            if (!story.seen.equals("nothing")) {
                kinds.merge(story.kind, 1, Integer::sum);
            }
        }
        System.out.println("What befell " + RUNS + " processes: " + kinds + ", at " + seen);
        assertThat(kinds.get(Mishap.Kind.KILLED)).isGreaterThan(RUNS / 5);
        assertThat(seen.keySet())
                .contains(
                        "tool write",
                        "tool write done",
                        "tool allowed_write",
                        "tool allowed_write done",
                        "store save",
                        "store save done",
                        "model asked");
    }
}
