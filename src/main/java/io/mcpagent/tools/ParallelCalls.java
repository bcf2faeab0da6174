package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.TraceIds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jboss.logging.MDC;

/** Calls that run side by side, each on a virtual thread. None of them outlives it. For use by one thread. */
final class ParallelCalls implements AutoCloseable {

    /**
     * A call that is over.
     *
     * @param failure what the call threw, or null; then there is a result
     */
    record Ended(int index, ToolResult result, Throwable failure) {}

    private final Toolbox toolbox;
    private final Deadline deadline;
    private final List<Thread> threads = new ArrayList<>();
    private final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();

    ParallelCalls(Toolbox toolbox, Deadline deadline) {
        this.toolbox = toolbox;
        this.deadline = deadline;
    }

    void start(int index, ToolRound.Call call, String traceparent) {
        Object traceId = MDC.get(TraceIds.IN_LOG);
        threads.add(Thread.ofVirtual().name("tool-call").start(() -> {
            // What this thread logs belongs to the request, too.
            if (traceId != null) {
                MDC.put(TraceIds.IN_LOG, traceId);
            }
            try {
                ended.add(new Ended(index, toolbox.call(call.tool(), call.arguments(), traceparent, deadline), null));
            } catch (InterruptedException | RuntimeException | Error e) {
                ended.add(new Ended(index, null, e));
            }
        }));
    }

    /** Waits for the next call to end, whichever it is. */
    Ended takeEnded() throws InterruptedException {
        Ended one = ended.take();
        switch (one.failure()) {
            case null -> {
                return one;
            }
            case InterruptedException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(one.failure());
        }
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
