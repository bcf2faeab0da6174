package io.mcpagent.turn;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.Approval;
import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Content;
import io.mcpagent.tools.Tool;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolCatalog;
import io.mcpagent.tools.ToolOutcome;
import io.mcpagent.tools.ToolPolicy;
import io.mcpagent.tools.ToolPolicy.Permission;
import io.mcpagent.tools.ToolRound;
import io.mcpagent.tools.Toolbox;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Runs the tool calls of one model reply: checks each against the policy, and calls those that are allowed. */
@Singleton
final class ToolCalls {

    private final Toolbox toolbox;
    private final ToolRound rounds;
    private final ToolPolicy policy;
    private final AgentConfig config;

    ToolCalls(Toolbox toolbox, ToolRound rounds, ToolPolicy policy, AgentConfig config) {
        this.toolbox = toolbox;
        this.rounds = rounds;
        this.policy = policy;
        this.config = config;
    }

    ToolCatalog catalog(Run run) throws InterruptedException {
        return toolbox.catalog(run.caller(), run.deadline());
    }

    /** The model's service takes no request that offers this tool. */
    void refused(Tool tool) {
        toolbox.refused(tool);
    }

    /**
     * Runs what may run; tells {@code answered} of each result, on the calling thread, as it comes.
     *
     * @param steps what is done before each call that is made, and after it
     * @throws InterruptedException if the run was cancelled; by then no call of it is running any more
     */
    void run(Round round, ToolCatalog catalog, Run run, MadeCall.Steps steps, BiConsumer<String, ToolAnswer> answered)
            throws InterruptedException {
        List<ToolRound.Call> allowed = new ArrayList<>();
        for (Content.ToolUse use : round.uses()) {
            Tool tool = catalog.find(use.name()).orElse(null);
            String flaw = tool == null || use.input().flaw() != null
                    ? use.input().flaw()
                    : toolbox.refusal(tool, use.input());
            if (flaw != null) {
                refuse(round, use, tool, new ToolAnswer(ToolOutcome.ERROR, flaw, 0), run, answered);
                continue;
            }
            Permission permission = tool == null
                    ? Permission.DENY
                    : decide(tool, run.caller(), !round.waiting().isEmpty());
            if (tool == null || permission == Permission.DENY) {
                refuse(round, use, tool, tool == null ? absent(use, catalog) : forbidden(), run, answered);
            } else if (permission == Permission.ASK) {
                round.waits(approval(use, tool));
                run.audit().asked(use.id(), tool.name(), use.input().json());
            } else {
                allowed.add(new ToolRound.Call(use.id(), tool, use.input()));
            }
        }
        Map<String, MadeCall> open = new HashMap<>();
        try {
            rounds.run(allowed, run.caller(), run.deadline(), new ToolRound.Listener() {
                @Override
                public @Nullable String started(ToolRound.Call call) throws InterruptedException {
                    MadeCall made = MadeCall.begin(call, run, steps);
                    open.put(call.id(), made);
                    return made.traceparent();
                }

                @Override
                public void ended(ToolRound.Call call, ToolAnswer result) throws InterruptedException {
                    Objects.requireNonNull(open.remove(call.id())).ended(result);
                    answered.accept(call.id(), result);
                }
            });
        } finally {
            open.values().forEach(MadeCall::abandoned);
        }
    }

    private static void refuse(
            Round round,
            Content.ToolUse use,
            @Nullable Tool tool,
            ToolAnswer refusal,
            Run run,
            BiConsumer<String, ToolAnswer> answered) {
        round.ended(use.id(), refusal);
        run.telemetry().toolRefused(use.name(), tool != null);
        run.audit()
                .refused(
                        use.id(),
                        use.name(),
                        use.input().json(),
                        refusal.outcome().name());
        answered.accept(use.id(), refusal);
    }

    /** Calls one approved tool; the steps see to it that this happens once. */
    ToolAnswer callApproved(Approval approval, Tool tool, Run run, MadeCall.Steps steps) throws InterruptedException {
        MadeCall made = MadeCall.begin(new ToolRound.Call(approval.callId(), tool, approval.arguments()), run, steps);
        ToolAnswer result = null;
        try {
            result = toolbox.call(tool, approval.arguments(), run.caller(), made.traceparent(), run.deadline());
        } finally {
            if (result == null) {
                made.abandoned();
            }
        }
        made.ended(result);
        return result;
    }

    /** The tools as the server has them now, whatever was cached. */
    ToolCatalog current(Run run) throws InterruptedException {
        return toolbox.current(run.caller(), run.deadline());
    }

    /** Whether the policy does not let the caller have the tool called. */
    boolean forbids(Tool tool, Identity caller) {
        return policy.decide(tool, caller).permission() == Permission.DENY;
    }

    private Permission decide(Tool tool, Identity caller, boolean othersWait) {
        Permission decision = policy.decide(tool, caller).permission();
        // The order of writes is the model's: one that comes after a call that waits, waits too.
        return decision == Permission.ALLOW && othersWait && !tool.hints().saysReadOnly() ? Permission.ASK : decision;
    }

    static ToolAnswer forbidden() {
        return new ToolAnswer(ToolOutcome.DENIED, "The policy of this service forbids this tool.", 0);
    }

    private static ToolAnswer absent(Content.ToolUse use, ToolCatalog catalog) {
        return catalog.available()
                ? new ToolAnswer(ToolOutcome.UNKNOWN_TOOL, "There is no tool named " + use.name() + ".", 0)
                : new ToolAnswer(ToolOutcome.UNAVAILABLE, "The tools are unavailable at the moment.", 0);
    }

    private Approval approval(Content.ToolUse use, Tool tool) {
        return new Approval(
                use.id(),
                tool.name(),
                use.input(),
                tool.fingerprint(),
                Approval.Stage.PENDING,
                approvableUntil(),
                policy.approvers(tool.name()).stream()
                        .map(CallerPattern::toString)
                        .toList(),
                null);
    }

    /** Who has to approve a waiting call beside the one who asked. */
    List<String> approversOf(Approval approval) {
        return SecondApprovals.approversOf(policy, approval);
    }

    /** Until when a call can be approved that is asked for now. */
    Instant approvableUntil() {
        return Approvals.until(config);
    }
}
