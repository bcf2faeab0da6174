package io.mcpagent.turn;

import io.mcpagent.audit.TestAudit;
import io.mcpagent.base.Timers;
import io.mcpagent.budget.TestBudget;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import io.mcpagent.conversation.ApprovalDesks;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.MemoryStore;
import io.mcpagent.identity.Identity;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.SeenTelemetry;
import io.mcpagent.tools.ToolPolicy;
import io.mcpagent.tools.ToolRound;
import io.mcpagent.tools.Toolbox;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Turns over a scripted model, stub tools and a store that can fail: everything between them is the service's own. */
final class TurnRig implements AutoCloseable {

    static final String ANN = "ann";

    final ScriptedModel model = new ScriptedModel();
    final StubTools tools = new StubTools();
    final FaultyStore store;
    final Timers timers = new Timers();
    final Runs runs = new Runs(timers);
    final SeenTelemetry seen;
    final TestAudit audit = new TestAudit();
    final List<TurnEvent> events = new ArrayList<>();
    final ApprovalDesks desks = MemoryStore.desks();
    final List<ApprovalDesks.AskedCall> told = new CopyOnWriteArrayList<>();
    final WaitingCalls waiting = new WaitingCalls(desks, (call, approval) -> told.add(call));
    final List<Run> begun = new ArrayList<>();
    final AgentConfig config;
    int places;
    int placesTaken;
    private final Turns turns;

    TurnRig(String... settings) {
        this(new FaultyStore(), settings);
    }

    TurnRig(FaultyStore store, String... settings) {
        this(store, null, null, TestSettings.with(settings));
    }

    /** Over tools of one's own, unless they are null. */
    TurnRig(FaultyStore store, Toolbox toolbox, ToolPolicy policy, AgentConfig settings) {
        this.store = store;
        config = settings;
        Toolbox called = toolbox == null ? tools : toolbox;
        seen = new SeenTelemetry(config);
        turns = new Turns(
                model,
                new ToolCalls(called, new ToolRound(called, config), policy == null ? tools : policy, config),
                TestBudget.of(config, seen.telemetry()),
                store,
                store,
                TurnResult::answer,
                runs,
                seen.telemetry(),
                audit.audit,
                waiting,
                config);
    }

    /** A client that is there until it is told otherwise. */
    final Client client = new Client() {
        @Override
        public Slot admit() {
            placesTaken++;
            places++;
            return () -> places--;
        }

        @Override
        public void began(Run run) {
            begun.add(run);
        }
    };

    /** Where others have their say. */
    SecondApprovals seconds() {
        return new SecondApprovals(store, tools, tools, waiting, audit.audit, config);
    }

    OpenTurn open(Question question) {
        return turns.open(question, client);
    }

    OpenTurn open(Question question, Client by) {
        return turns.open(question, by);
    }

    /** Runs a turn from its opening to its end. */
    TurnResult run(Question question) {
        try (OpenTurn turn = open(question)) {
            return turn.run(events::add);
        }
    }

    /** Runs a turn on any thread, beside others. */
    void runQuietly(Question question) {
        try (OpenTurn turn = turns.open(question, new Client() {
            @Override
            public Slot admit() {
                return () -> {};
            }

            @Override
            public void began(Run run) {}
        })) {
            turn.run(TurnListener.NONE);
        }
    }

    /** Runs a turn that must fail. */
    ProblemException fails(Question question) {
        try {
            TurnResult result = run(question);
            throw new AssertionError("it did not fail: " + result);
        } catch (ProblemException e) {
            return e;
        }
    }

    static Question.Ask says(String conversationId, String text) {
        return new Question.Ask(Identity.of(ANN), conversationId, conversationId != null, text, false, null, null);
    }

    static Question.Ask streamed(String conversationId, String text) {
        return new Question.Ask(Identity.of(ANN), conversationId, conversationId != null, text, true, null, null);
    }

    static Question.Ask keyed(String conversationId, String text, String key) {
        return new Question.Ask(
                Identity.of(ANN),
                conversationId,
                conversationId != null,
                text,
                false,
                new Question.IdempotencyKey(key, "hash of " + text),
                null);
    }

    static Question.Decision decides(String conversationId, String callId, boolean approve) {
        return new Question.Decision(
                Identity.of(ANN), conversationId, List.of(new Approvals.Verdict(callId, approve)), false, null, null);
    }

    Conversation stored(String conversationId) {
        return store.find(ANN, conversationId).orElseThrow();
    }

    /** Whether everything that turns had taken is free again: places, runs, the conversation and the key. */
    boolean allFree(String conversationId, String key) {
        store.heal();
        if (places != 0 || runs.count() != 0 || Thread.currentThread().isInterrupted()) {
            return false;
        }
        try {
            store.release(
                    store.open(
                            ANN,
                            conversationId,
                            true,
                            "another run",
                            config.turn().deadline()),
                    "another run");
            if (key != null
                    && store.claim(
                                    ANN,
                                    key,
                                    "another hash",
                                    "another run",
                                    config.turn().deadline())
                            instanceof io.mcpagent.conversation.IdempotentReplies.Claim.Running) {
                return false;
            }
            return true;
        } catch (io.mcpagent.conversation.ConversationBusyException e) {
            return false;
        }
    }

    static Problem problem(ProblemException e) {
        return e.problem();
    }

    @Override
    public void close() {
        seen.close();
        audit.close();
        timers.close();
    }
}
