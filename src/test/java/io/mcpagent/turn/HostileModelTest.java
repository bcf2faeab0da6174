package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.door.ChatReply;
import io.mcpagent.door.ConversationView;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.HostileModel;
import io.mcpagent.model.Role;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.ToolOutcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever the model's side sends, each turn ends with an answer or a problem that has a cause, and its conversation goes on. */
class HostileModelTest {

    private static final int REPLIES = Boolean.getBoolean("thorough") ? 50_000 : 3_000;
    private static final int TURNS = 6;
    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Random random = new Random(20261130);
    private final Map<Problem, Integer> problems = new EnumMap<>(Problem.class);
    private final Map<TurnOutcome, Integer> outcomes = new EnumMap<>(TurnOutcome.class);

    @Test
    void should_survive_whatever_a_model_sends() throws Exception {
        HostileModel hostile = new HostileModel(random);
        int replies = 0;
        int calls = 0;
        long before = 0;
        for (int conversation = 0; replies < REPLIES; conversation++) {
            if (conversation == 20) {
                before = used();
            }
            try (TurnRig rig = new TurnRig("turn.max-steps", "4")) {
                rig.model.instead = hostile;
                for (int turn = 0; turn < TURNS; turn++) {
                    List<Approval> waiting = waiting(rig);
                    if (waiting.isEmpty()) {
                        run(
                                rig,
                                new Question.Ask(
                                        Identity.of(TurnRig.ANN),
                                        "c",
                                        true,
                                        "Go on.",
                                        random.nextBoolean(),
                                        null,
                                        null));
                    } else {
                        run(rig, TurnRig.decides("c", waiting.getFirst().callId(), random.nextBoolean()));
                    }
                }
                replies += rig.model.answered;
                goesOn(rig);
                recorded(rig);
                calls += rig.tools.called.size();
                assertThat(rig.allFree("c", null)).isTrue();
            }
        }
        System.out.printf("%d replies of a hostile model, %d calls: %s, %s%n", replies, calls, outcomes, problems);
        assertThat(calls).isGreaterThan(replies / 50);
        assertThat(problems).doesNotContainKey(Problem.INTERNAL_ERROR);
        assertThat(used() - before).as("memory is back").isLessThan(64L << 20);
    }

    private void run(TurnRig rig, Question question) throws Exception {
        rig.events.clear();
        try {
            TurnResult result = rig.run(question);
            outcomes.merge(result.outcome(), 1, Integer::sum);
            JSON.readTree(JSON.writeValueAsBytes(ChatReply.of(result)));
        } catch (ProblemException e) {
            problems.merge(e.problem(), 1, Integer::sum);
        }
        wellFormed(rig.events);
        Optional<Conversation> stored = rig.store.find(TurnRig.ANN, "c");
        if (stored.isPresent()) {
            JSON.readTree(JSON.writeValueAsBytes(ConversationView.of(stored.get())));
        }
    }

    /** What is told of a call is told in its order, and each call has a name of its own. */
    private static void wellFormed(List<TurnEvent> events) {
        Set<String> begun = new HashSet<>();
        Set<String> ended = new HashSet<>();
        for (TurnEvent event : events) {
            switch (event) {
                case TurnEvent.ToolCallStarted(String id, String name, String message) -> {
                    assertThat(begun.add(id)).as(events.toString()).isTrue();
                    assertThat(name).matches("[A-Za-z0-9_-]{1,64}");
                }
                case TurnEvent.ToolCallInput(String id, var arguments) -> {
                    assertThat(begun).as(events.toString()).contains(id);
                    assertThat(ended).as(events.toString()).doesNotContain(id);
                }
                case TurnEvent.ToolCallEnded(String id) ->
                    assertThat(ended.add(id)).as(events.toString()).isTrue();
                default -> {}
            }
        }
    }

    /** With a sound model every conversation answers, whatever was said in it before. */
    private static void goesOn(TurnRig rig) {
        rig.model.instead = null;
        while (true) {
            List<Approval> waiting = waiting(rig);
            if (waiting.isEmpty()) {
                break;
            }
            rig.model.says("Declined.");
            rig.run(TurnRig.decides("c", waiting.getFirst().callId(), false));
        }
        rig.model.forget();
        rig.model.says("Here I am.");
        List<String> answer = new ArrayList<>(said(rig));
        answer.add("Here I am.");
        TurnResult result =
                rig.run(new Question.Ask(Identity.of(TurnRig.ANN), "c", true, "Are you there?", false, null, null));
        assertThat(result.outcome()).isEqualTo(TurnOutcome.COMPLETED);
        assertThat(result.answer()).isEqualTo(String.join("\n\n", answer));
    }

    /** A turn whose calls are decided, and whose model failed then, is gone on with by the next question: what the model had said in it. */
    private static List<String> said(TurnRig rig) {
        return rig.store.find(TurnRig.ANN, "c").flatMap(stored -> Optional.ofNullable(stored.pending())).stream()
                .flatMap(pending -> pending.messages().stream())
                .filter(message -> message.role() == Role.ASSISTANT)
                .map(message -> message.text().strip())
                .filter(text -> !text.isEmpty())
                .toList();
    }

    /** Each write that ran is in the record, and the record says ok of nothing else. */
    private static void recorded(TurnRig rig) {
        Conversation stored = rig.stored("c");
        assertThat(stored.pending()).isNull();
        List<String> ok = stored.turns().stream()
                .flatMap(turn -> turn.calls().stream())
                .filter(call -> call.name().endsWith("write") && call.outcome() == ToolOutcome.OK)
                .map(call -> call.name() + call.arguments())
                .toList();
        assertThat(rig.tools.called.stream().filter(call -> !call.startsWith("read")))
                .containsExactlyInAnyOrderElementsOf(ok);
    }

    private static List<Approval> waiting(TurnRig rig) {
        return rig.store
                .find(TurnRig.ANN, "c")
                .flatMap(conversation -> Optional.ofNullable(conversation.pending()))
                .map(pending -> pending.approvals().stream()
                        .filter(approval -> approval.state() == Approval.Stage.PENDING)
                        .toList())
                .orElse(List.of());
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
