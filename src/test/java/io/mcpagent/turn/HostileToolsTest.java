package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Ids;
import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.MemoryStore;
import io.mcpagent.conversation.MovableClock;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.identity.Identities;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Model;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.model.ReplyListener;
import io.mcpagent.model.Role;
import io.mcpagent.model.StopReason;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.support.Await;
import io.mcpagent.tools.ConfiguredToolPolicy;
import io.mcpagent.tools.HostileToolServer;
import io.mcpagent.tools.McpToolbox;
import io.mcpagent.tools.Tool;
import io.mcpagent.tools.ToolOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An hour's worth of turns of several callers over a tool server that does at random whatever is wrong, alone and together with a store that does:
 * no turn is lost, doubled or mixed with another, the record says of each write what happened to it, and the tools are back when the server is.
 */
class HostileToolsTest {

    private static final int TURNS = Boolean.getBoolean("thorough") ? 3_000 : 300;
    private static final int ROUNDS = Boolean.getBoolean("thorough") ? 10 : 3;
    private static final List<String> CALLERS = List.of("ann", "ben", "cem", "dot");
    private static final int MOST_TRIES = 60;
    private static final Pattern QUESTION = Pattern.compile("do [a-z]+-\\d+");
    private static final Pattern RESULT = Pattern.compile("n=([a-z]+-\\d+)");
    /** Such a call was not carried out, say these. */
    private static final Set<ToolOutcome> NOT_DONE = Set.of(
            ToolOutcome.UNAVAILABLE,
            ToolOutcome.DENIED,
            ToolOutcome.DECLINED,
            ToolOutcome.UNKNOWN_TOOL,
            ToolOutcome.TIMEOUT);

    private final Random random = new Random(20261130);
    private final MovableClock clock = MovableClock.atNow();
    private final MemoryStore memory = MemoryStore.empty(clock);
    private final HostileToolServer server = new HostileToolServer(new Random(7));
    private final AgentConfig config = TestSettings.with(
            "tools.url", server.url(),
            "tools.allow", "write",
            "tools.list-ttl", "1s",
            "tools.list-timeout", "2s",
            "tools.call-timeout", "1s",
            "tools.breaker-delay", "100ms");
    private final Timers timers = new Timers();
    private final ConfiguredToolPolicy policy = new ConfiguredToolPolicy(config);
    private final McpToolbox toolbox = new McpToolbox(config, policy, new Identities(config), timers);
    private final Map<String, List<String>> asked = new ConcurrentHashMap<>();
    private final Map<Problem, Integer> problems = new EnumMap<>(Problem.class);
    private final Map<ToolOutcome, Integer> outcomes = new EnumMap<>(ToolOutcome.class);
    private int turns;

    @BeforeEach
    void start() throws Exception {
        freshAgain();
    }

    @AfterEach
    void close() {
        toolbox.close();
        timers.close();
        server.close();
    }

    @Test
    void should_lose_double_and_mix_nothing_whatever_the_tools_do() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            server.misbehave();
            try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> running = new ArrayList<>();
                for (String caller : CALLERS) {
                    int from = turns;
                    Random own = new Random(random.nextLong());
                    running.add(callers.submit(() -> {
                        for (int i = 0; i < TURNS / ROUNDS / CALLERS.size(); i++) {
                            ask(caller, caller + "-" + (from + i), () -> Mishap.NONE, own);
                        }
                    }));
                }
                for (Future<?> one : running) {
                    one.get();
                }
            }
            turns += TURNS / ROUNDS;
            freshAgain();
        }
        check("tools");
    }

    @Test
    void should_lose_double_and_mix_nothing_whatever_tools_and_store_do_together() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            server.misbehave();
            for (int i = 0; i < TURNS / ROUNDS / 2; i++) {
                String caller = CALLERS.get(random.nextInt(CALLERS.size()));
                ask(caller, caller + "-" + turns++, this::mishap, random);
            }
            freshAgain();
        }
        check("tools and store");
    }

    private Mishap mishap() {
        Mishap.Kind kind = List.of(
                        Mishap.Kind.NOTHING, Mishap.Kind.NOTHING, Mishap.Kind.STORE_FAILS_ONCE, Mishap.Kind.STORE_GONE)
                .get(random.nextInt(4));
        return new Mishap(kind, random.nextInt(24), random);
    }

    /** The client asks again with its key until it is answered, and decides on what waits. */
    private void ask(String caller, String n, Supplier<Mishap> mishaps, Random own) {
        String conversation = "c-" + caller + "-" + own.nextInt(3);
        String text = "do " + n;
        asked.computeIfAbsent(caller + " " + conversation, id -> new ArrayList<>())
                .add(text);
        if (!toolbox.isAvailable() && own.nextInt(4) > 0) {
            Await.until("the tools to be back", toolbox::isAvailable);
        }
        Question question = new Question.Ask(
                Identity.of(caller),
                conversation,
                true,
                text,
                own.nextBoolean(),
                new Question.IdempotencyKey(n, "hash of " + text),
                null);
        answered(caller, conversation, question, mishaps);
        for (int i = 0; ; i++) {
            List<Approval> waiting = memory.conversations().find(caller, conversation).stream()
                    .flatMap(stored -> Stream.ofNullable(stored.pending()))
                    .flatMap(pending -> pending.approvals().stream())
                    .filter(approval -> approval.state() == Approval.Stage.PENDING)
                    .toList();
            if (waiting.isEmpty()) {
                return;
            }
            assertThat(i).as("decisions on one turn").isLessThan(MOST_TRIES);
            answered(
                    caller,
                    conversation,
                    new Question.Decision(
                            Identity.of(caller),
                            conversation,
                            List.of(new Approvals.Verdict(
                                    waiting.getFirst().callId(), i < MOST_TRIES / 2 && own.nextInt(5) > 0)),
                            own.nextBoolean(),
                            null,
                            null),
                    mishaps);
        }
    }

    private void answered(String caller, String conversation, Question question, Supplier<Mishap> mishaps) {
        for (int i = 0; i < MOST_TRIES; i++) {
            try (TurnRig rig = new TurnRig(
                    new FaultyStore(memory, i < MOST_TRIES / 2 ? mishaps.get() : Mishap.NONE),
                    toolbox,
                    policy,
                    config)) {
                rig.model.instead = new Dutiful();
                try (OpenTurn turn = rig.open(question)) {
                    if (turn.earlierAnswer() == null) {
                        turn.run(TurnListener.NONE);
                    }
                    return;
                }
            } catch (ProblemException e) {
                synchronized (problems) {
                    problems.merge(e.problem(), 1, Integer::sum);
                }
                switch (e.problem()) {
                    // What waits is found, and decided anew.
                    case TOOL_CHANGED, APPROVAL_DECIDED, APPROVAL_NOT_FOUND, TOOLS_UNAVAILABLE -> {
                        return;
                    }
                    // What a lost answer took ends by its time.
                    case STORE_UNAVAILABLE, CONVERSATION_BUSY, REQUEST_RUNNING, AUDIT_UNAVAILABLE ->
                        clock.advance(Duration.ofMinutes(3));
                    default -> throw e;
                }
            }
        }
        throw new AssertionError("never answered in " + conversation + " of " + caller + ": " + problems);
    }

    /** The server is sound again, and its tools have changed: within the list's time everybody sees the new ones, and calls go through. */
    private void freshAgain() throws Exception {
        server.behave();
        long began = System.nanoTime();
        Identity caller = Identity.of("ann");
        Await.until(
                "the list to be fresh",
                () -> toolbox.catalog(caller, Deadline.in(Duration.ofSeconds(10)))
                        .find("ask")
                        .filter(tool -> tool.definition().description().contains(server.description()))
                        .isPresent());
        System.out.printf(
                "the list is fresh %d ms after the last fault, its time is 1,000 ms%n",
                (System.nanoTime() - began) / 1_000_000);
        Await.until("calls to go through", () -> {
            Tool read = toolbox.catalog(caller, Deadline.in(Duration.ofSeconds(10)))
                    .find("read")
                    .orElseThrow();
            return toolbox.call(
                                    read,
                                    Arguments.parse("{\"n\":\"ann-0\"}"),
                                    caller,
                                    null,
                                    Deadline.in(Duration.ofSeconds(10)))
                            .outcome()
                    == ToolOutcome.OK;
        });
    }

    private void check(String what) {
        Map<String, Integer> recorded = new HashMap<>();
        asked.forEach((key, questions) -> {
            String[] names = key.split(" ");
            Conversation stored =
                    memory.conversations().find(names[0], names[1]).orElseThrow();
            List<List<Message>> all = new ArrayList<>(
                    stored.turns().stream().map(TurnRecord::messages).toList());
            List<CallRecord> calls = new ArrayList<>(stored.turns().stream()
                    .flatMap(turn -> turn.calls().stream())
                    .toList());
            if (stored.pending() != null) {
                all.add(stored.pending().messages());
                calls.addAll(stored.pending().calls());
            }
            assertThat(all.stream().flatMap(HostileToolsTest::questions))
                    .as("turns of " + key)
                    .containsExactlyInAnyOrderElementsOf(questions);
            all.forEach(HostileToolsTest::unmixed);
            for (CallRecord call : calls) {
                outcomes.merge(call.outcome(), 1, Integer::sum);
                if (!call.name().equals("read")) {
                    String n = call.arguments().json().replaceAll(".*\"n\":\"([^\"]*)\".*", "$1");
                    assertThat(recorded.merge(n, 1, Integer::sum))
                            .as("records of " + n)
                            .isOne();
                    int times = server.executed().getOrDefault(n, 0);
                    assertThat(times).as(n + " " + call).isLessThanOrEqualTo(NOT_DONE.contains(call.outcome()) ? 0 : 1);
                    assertThat(times == 1 || call.outcome() != ToolOutcome.OK)
                            .as(n + " " + call)
                            .isTrue();
                }
            }
        });
        assertThat(recorded.keySet()).containsAll(server.executed().keySet());
        System.out.printf(
                "%s: %d turns, %d writes of which %d ran, calls %s, problems %s, faults %s%n",
                what,
                asked.values().stream().mapToInt(List::size).sum(),
                recorded.size(),
                server.executed().size(),
                outcomes,
                problems,
                server.faults());
        assertThat(server.executed().size()).isGreaterThan(recorded.size() / 4);
    }

    private static Stream<String> questions(List<Message> turn) {
        return turn.stream()
                .filter(message -> message.role() == Role.USER)
                .flatMap(message -> message.content().stream())
                .filter(Content.Text.class::isInstance)
                .map(part -> ((Content.Text) part).text())
                .filter(text -> QUESTION.matcher(text).matches());
    }

    /** Every result in a turn is one of its own questions'. */
    private static void unmixed(List<Message> turn) {
        Set<String> own =
                Set.copyOf(questions(turn).map(text -> text.substring(3)).toList());
        for (Message message : turn) {
            for (Content part : message.content()) {
                Matcher results = RESULT.matcher(part.toString());
                while (results.find()) {
                    assertThat(own).as(part.toString()).contains(results.group(1));
                }
            }
        }
    }

    /** Reads, writes and asks for approval once for each question, then answers with what it got. */
    private static final class Dutiful implements Model {

        @Override
        public ModelReply converse(ModelRequest request) {
            List<Message> messages = request.messages();
            int last = messages.size() - 1;
            String text = last < 0 ? "" : questions(List.of(messages.get(last))).reduce("", (a, b) -> b);
            boolean tools = !request.tools().isEmpty();
            if (text.isEmpty() || !tools) {
                return new ModelReply(
                        ScriptedModel.ID, List.of(new Content.Text("Done.")), StopReason.END_TURN, ScriptedModel.USAGE);
            }
            String n = text.substring(3);
            int number = Integer.parseInt(n.substring(n.indexOf('-') + 1));
            List<Content> uses = new ArrayList<>();
            uses.add(use("read", n));
            uses.add(use("read", n));
            if (number % 2 == 0) {
                uses.add(use("write", n));
            }
            if (number % 3 == 0) {
                uses.add(use("ask", n + "-later"));
            }
            return new ModelReply(ScriptedModel.ID, uses, StopReason.TOOL_USE, ScriptedModel.USAGE);
        }

        private static Content use(String tool, String n) {
            return new Content.ToolUse(Ids.random(), tool, "{\"n\":\"" + n + "\"}");
        }

        @Override
        public ModelReply sumUp(ModelRequest request) {
            return converse(request);
        }

        @Override
        public ModelReply stream(ModelRequest request, ReplyListener listener) {
            ModelReply reply = converse(request);
            for (Content part : reply.content()) {
                switch (part) {
                    case Content.Text(String text) -> listener.text(text);
                    case Content.ToolUse use -> {
                        listener.toolUseStarted(use.id(), use.name());
                        listener.toolUseEnded(use.id(), use.input());
                    }
                    default -> {}
                }
            }
            listener.pause();
            return reply;
        }

        @Override
        public String modelId() {
            return ScriptedModel.ID;
        }
    }
}
