package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.config.AgentConfig;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs the tool calls of one model reply: those that only read side by side, at most {@code agent.tools.max-parallel} at once; any other one
 * alone, after all before it and before all after it. Safe for use by many threads.
 */
@Singleton
public class ToolRound {

    private final Toolbox toolbox;
    private final int maxParallel;

    /** A round over this toolbox. */
    public ToolRound(Toolbox toolbox, AgentConfig config) {
        this.toolbox = toolbox;
        this.maxParallel = Math.max(1, config.tools().maxParallel());
    }

    /**
     * One call that the policy allows.
     *
     * @param id        the model's own id of the call
     * @param tool      the tool, from the catalog of this turn
     * @param arguments the JSON text of one object
     */
    public record Call(String id, Tool tool, String arguments) {}

    /** Hears of calls on the thread that called {@link ToolRound#run}, one at a time, when it happens. What it throws ends the round. */
    public interface Listener {

        /**
         * The call is being made.
         *
         * @return the W3C trace context to hand on, or null
         */
        default String started(Call call) {
            return null;
        }

        /** The call is over. */
        default void ended(Call call, ToolResult result) {}
    }

    /**
     * Makes the calls and waits for all of them.
     *
     * @return the results, in the order of the calls
     * @throws InterruptedException if the calling thread was interrupted; then all calls are cancelled and gone
     */
    public List<ToolResult> run(List<Call> calls, Deadline deadline, Listener listener) throws InterruptedException {
        ToolResult[] results = new ToolResult[calls.size()];
        int next = 0;
        while (next < calls.size()) {
            int end = endOfGroup(calls, next);
            if (end - next == 1) {
                Call call = calls.get(next);
                String traceparent = listener.started(call);
                results[next] = toolbox.call(call.tool(), call.arguments(), traceparent, deadline);
                listener.ended(call, results[next]);
            } else {
                try (ParallelCalls group = new ParallelCalls(toolbox, deadline)) {
                    runGroup(group, calls.subList(next, end), next, results, listener);
                }
            }
            next = end;
        }
        return new ArrayList<>(Arrays.asList(results));
    }

    private void runGroup(ParallelCalls group, List<Call> calls, int offset, ToolResult[] results, Listener listener)
            throws InterruptedException {
        int started = 0;
        for (int ended = 0; ended < calls.size(); ended++) {
            while (started < calls.size() && started - ended < maxParallel) {
                String traceparent = listener.started(calls.get(started));
                group.start(started, calls.get(started), traceparent);
                started++;
            }
            ParallelCalls.Ended one = group.takeEnded();
            results[offset + one.index()] = one.result();
            listener.ended(calls.get(one.index()), one.result());
        }
    }

    /** Calls from {@code first} on that may run side by side; at least one. */
    private static int endOfGroup(List<Call> calls, int first) {
        int end = first;
        while (end < calls.size() && calls.get(end).tool().hints().saysReadOnly()) {
            end++;
        }
        return Math.max(end, first + 1);
    }
}
