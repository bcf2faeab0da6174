package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.TraceIds;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

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
    public record Call(String id, Tool tool, Arguments arguments) {}

    /** Hears of calls on the thread that called {@link ToolRound#run}, one at a time, when it happens. What it throws ends the round. */
    public interface Listener {

        /**
         * The call is being made.
         *
         * @return the W3C trace context to hand on, or null
         */
        default @Nullable String started(Call call) throws InterruptedException {
            return null;
        }

        /** The call is over. */
        default void ended(Call call, ToolAnswer result) throws InterruptedException {}
    }

    /**
     * Makes the calls and waits for all of them.
     *
     * @return the results, in the order of the calls
     * @throws InterruptedException if the calling thread was interrupted; then all calls are cancelled and gone
     */
    public List<ToolAnswer> run(List<Call> calls, Identity caller, Deadline deadline, Listener listener)
            throws InterruptedException {
        ToolAnswer[] results = new ToolAnswer[calls.size()];
        int next = 0;
        while (next < calls.size()) {
            int end = endOfGroup(calls, next);
            if (end - next == 1) {
                Call call = calls.get(next);
                @Nullable String traceparent = listener.started(call);
                results[next] = toolbox.call(call.tool(), call.arguments(), caller, traceparent, deadline);
                listener.ended(call, results[next]);
            } else {
                try (ParallelCalls group = new ParallelCalls(toolbox, caller, deadline)) {
                    runGroup(group, calls.subList(next, end), next, results, listener);
                }
            }
            next = end;
        }
        return new ArrayList<>(Arrays.asList(results));
    }

    private void runGroup(ParallelCalls group, List<Call> calls, int offset, ToolAnswer[] results, Listener listener)
            throws InterruptedException {
        int started = 0;
        for (int ended = 0; ended < calls.size(); ended++) {
            while (started < calls.size() && started - ended < maxParallel) {
                @Nullable String traceparent = listener.started(calls.get(started));
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

    /** Calls that run side by side, each on a virtual thread. None of them outlives it. For one thread. */
    private static final class ParallelCalls implements AutoCloseable {

        /** A call that is over. */
        private record Ended(int index, ToolAnswer result) {}

        /** How a call ended. */
        @FunctionalInterface
        private interface Outcome {
            /** @throws InterruptedException what the call threw, as are the exceptions that are not declared */
            Ended get() throws InterruptedException;
        }

        private final Toolbox toolbox;
        private final Identity caller;
        private final Deadline deadline;
        private final List<Thread> threads = new ArrayList<>();
        private final BlockingQueue<Outcome> ended = new LinkedBlockingQueue<>();

        ParallelCalls(Toolbox toolbox, Identity caller, Deadline deadline) {
            this.toolbox = toolbox;
            this.caller = caller;
            this.deadline = deadline;
        }

        void start(int index, Call call, @Nullable String traceparent) {
            Object traceId = MDC.get(TraceIds.IN_LOG);
            threads.add(Thread.ofVirtual().name("tool-call").start(() -> {
                // What this thread logs belongs to the request, too.
                if (traceId != null) {
                    MDC.put(TraceIds.IN_LOG, traceId);
                }
                ended.add(outcome(index, call, traceparent));
            }));
        }

        private Outcome outcome(int index, Call call, @Nullable String traceparent) {
            try {
                Ended result =
                        new Ended(index, toolbox.call(call.tool(), call.arguments(), caller, traceparent, deadline));
                return () -> result;
            } catch (InterruptedException | RuntimeException | Error e) {
                return () -> {
                    throw e;
                };
            }
        }

        /** Waits for the next call to end, whichever it is. */
        Ended takeEnded() throws InterruptedException {
            return ended.take().get();
        }

        /** Cancels what still runs and waits until it is gone, even if the calling thread is interrupted meanwhile. */
        @Override
        public void close() {
            boolean interrupted = false;
            threads.forEach(Thread::interrupt);
            for (Thread thread : threads) {
                while (thread.isAlive()) {
                    try {
                        thread.join();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
