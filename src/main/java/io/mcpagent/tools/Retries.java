package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import java.time.Duration;

/**
 * Says how often one request is tried: what never left this process again and again for half a second, ever more slowly, as long as a balancer or
 * a restart needs; a call that may have been carried out once more, if it only reads, and a few times if the database broke it off. For use by one thread.
 */
final class Retries {

    private static final Duration WHILE = Duration.ofMillis(500);
    private static final Duration FIRST_WAIT = Duration.ofMillis(10);
    private static final Duration LONGEST_WAIT = Duration.ofMillis(100);
    private static final int MOST_ENDED = 3;

    private final Deadline deadline;
    private final Deadline window = Deadline.in(WHILE);
    private Duration wait = FIRST_WAIT;
    private boolean refused;
    private boolean lost;
    private int ended;

    Retries(Deadline deadline) {
        this.deadline = deadline;
    }

    /** Whether this is not the first try any more. */
    boolean begun() {
        return refused || lost || ended > 0;
    }

    /** Whether to make a call once more after this failure; waits for the right moment. */
    boolean ofCall(McpException failure, boolean readOnly) throws InterruptedException {
        return switch (failure.kind()) {
            case NOT_SENT -> afterRefusal();
            case LOST -> readOnly && afterLoss();
            case REJECTED, SESSION_GONE, TIMEOUT, ERROR -> false;
        };
    }

    /** Whether to ask for the list once more, which does no harm however often; waits for the right moment. */
    boolean ofList(McpException failure) throws InterruptedException {
        return failure.connectionFailed() && afterRefusal();
    }

    /** Whether to make a call that only reads again whose connection behind the server was ended; waits for the right moment. */
    boolean afterDatabaseLoss() throws InterruptedException {
        // A failover ends every connection in the server's pool, and each is found out by the call that gets it.
        if (deadline.passed() || ended == MOST_ENDED) {
            return false;
        }
        ended++;
        await();
        return true;
    }

    private boolean afterLoss() {
        boolean again = !lost && !deadline.passed();
        lost = true;
        return again;
    }

    private boolean afterRefusal() throws InterruptedException {
        if (deadline.passed() || (refused && window.passed())) {
            return false;
        }
        refused = true;
        await();
        return true;
    }

    private void await() throws InterruptedException {
        Thread.sleep(deadline.leftAtMost(wait));
        wait = wait.multipliedBy(2).compareTo(LONGEST_WAIT) < 0 ? wait.multipliedBy(2) : LONGEST_WAIT;
    }
}
