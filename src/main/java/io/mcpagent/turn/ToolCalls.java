package io.mcpagent.turn;

import io.mcpagent.base.Deadline;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.model.Content;
import io.mcpagent.telemetry.ToolCall;
import io.mcpagent.tools.Tool;
import io.mcpagent.tools.ToolCatalog;
import io.mcpagent.tools.ToolOutcome;
import io.mcpagent.tools.ToolPolicy;
import io.mcpagent.tools.ToolPolicy.Permission;
import io.mcpagent.tools.ToolResult;
import io.mcpagent.tools.ToolRound;
import io.mcpagent.tools.Toolbox;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;

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

    /**
     * What became of the calls of one reply.
     *
     * @param results one for each call that did not have to wait, in the model's order
     * @param calls   the same calls for the record
     * @param waiting the calls that need a person
     */
    record Round(List<Content.ToolResult> results, List<CallRecord> calls, List<Approval> waiting) {}

    ToolCatalog catalog(Deadline deadline) throws InterruptedException {
        return toolbox.catalog(deadline);
    }

    /**
     * Runs what may run; tells {@code answered} of each result, on the calling thread, as it comes.
     *
     * @throws InterruptedException if the run was cancelled; by then no call of it is running any more
     */
    Round run(List<Content.ToolUse> uses, ToolCatalog catalog, Run run, BiConsumer<String, ToolResult> answered)
            throws InterruptedException {
        Map<String, ToolResult> results = new LinkedHashMap<>();
        List<ToolRound.Call> allowed = new ArrayList<>();
        List<Approval> waiting = new ArrayList<>();
        for (Content.ToolUse use : uses) {
            Tool tool = catalog.find(use.name()).orElse(null);
            if (tool == null) {
                results.put(use.id(), absent(use, catalog));
                run.telemetry().toolRefused(use.name(), false);
                continue;
            }
            switch (decide(tool, !waiting.isEmpty())) {
                case ALLOW -> allowed.add(new ToolRound.Call(use.id(), tool, use.input()));
                case ASK -> waiting.add(approval(use, tool));
                case DENY -> {
                    results.put(
                            use.id(),
                            new ToolResult(ToolOutcome.DENIED, "The policy of this service forbids this tool.", 0));
                    run.telemetry().toolRefused(use.name(), true);
                }
            }
        }
        results.forEach(answered);
        // By the call itself: nothing keeps a model from giving two calls one id.
        Map<ToolRound.Call, ToolCall> open = new IdentityHashMap<>();
        try {
            rounds.run(allowed, run.deadline(), new ToolRound.Listener() {
                @Override
                public String started(ToolRound.Call call) {
                    ToolCall begun = run.telemetry().toolCall(call.tool().name(), call.id(), call.arguments());
                    open.put(call, begun);
                    return begun.traceparent();
                }

                @Override
                public void ended(ToolRound.Call call, ToolResult result) {
                    Objects.requireNonNull(open.remove(call)).ended(result);
                    results.put(call.id(), result);
                    answered.accept(call.id(), result);
                }
            });
        } finally {
            open.values().forEach(ToolCall::abandoned);
        }
        return round(uses, results, waiting);
    }

    /** Calls one approved tool; the caller sees to it that this happens once. */
    ToolResult callApproved(Approval approval, Run run) throws InterruptedException {
        Tool tool = toolbox.catalog(run.deadline()).find(approval.tool()).orElse(null);
        if (tool == null) {
            return new ToolResult(ToolOutcome.UNAVAILABLE, "The tool is not available any more. It was not called.", 0);
        }
        ToolCall call = run.telemetry().toolCall(tool.name(), approval.callId(), approval.arguments());
        ToolResult result = null;
        try {
            result = toolbox.call(tool, approval.arguments(), call.traceparent(), run.deadline());
            return result;
        } finally {
            if (result == null) {
                call.abandoned();
            } else {
                call.ended(result);
            }
        }
    }

    /** Whether the tool is there and the same as when approval was asked for; an absent one is left to the call to tell. */
    boolean changed(Approval approval, Deadline deadline) throws InterruptedException {
        return toolbox.catalog(deadline)
                .find(approval.tool())
                .filter(tool -> policy.decide(tool) == Permission.DENY
                        || !tool.fingerprint().equals(approval.fingerprint()))
                .isPresent();
    }

    private Permission decide(Tool tool, boolean othersWait) {
        Permission decision = policy.decide(tool);
        // The order of writes is the model's: one that comes after a call that waits, waits too.
        return decision == Permission.ALLOW && othersWait && !tool.hints().saysReadOnly() ? Permission.ASK : decision;
    }

    private static ToolResult absent(Content.ToolUse use, ToolCatalog catalog) {
        return catalog.available()
                ? new ToolResult(ToolOutcome.UNKNOWN_TOOL, "There is no tool named " + use.name() + ".", 0)
                : new ToolResult(ToolOutcome.UNAVAILABLE, "The tools are unavailable at the moment.", 0);
    }

    private Approval approval(Content.ToolUse use, Tool tool) {
        Instant expiresAt = Instant.now().plus(config.tools().approvalTimeout()).truncatedTo(ChronoUnit.SECONDS);
        return new Approval(use.id(), tool.name(), use.input(), tool.fingerprint(), Approval.State.PENDING, expiresAt);
    }

    private static Round round(List<Content.ToolUse> uses, Map<String, ToolResult> results, List<Approval> waiting) {
        List<Content.ToolResult> answers = new ArrayList<>();
        List<CallRecord> calls = new ArrayList<>();
        for (Content.ToolUse use : uses) {
            ToolResult result = results.get(use.id());
            if (result == null) {
                calls.add(new CallRecord(use.id(), use.name(), use.input(), ToolOutcome.APPROVAL_REQUIRED, 0));
            } else {
                answers.add(new Content.ToolResult(use.id(), result.text(), result.isError()));
                calls.add(new CallRecord(use.id(), use.name(), use.input(), result.outcome(), result.millis()));
            }
        }
        return new Round(answers, calls, waiting);
    }
}
