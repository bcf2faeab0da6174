package io.mcpagent.turn;

import io.mcpagent.problem.ProblemException;

/** Who waits for the answer of one request, as far as its turn depends on it. For the request's thread only. */
public interface Client {

    /**
     * Takes a place for one more turn.
     *
     * @throws ProblemException if no more turns may run, of this caller or in this instance
     */
    Slot admit();

    /** The door that the request came through, as the audit trail names it. */
    default String door() {
        return "other";
    }

    /** The turn's run has begun: from now on the client stops it by leaving, also if it has left before. */
    void began(Run run);

    /** A place for one running turn. */
    @FunctionalInterface
    interface Slot {

        /** Gives it to another turn. */
        void giveBack();
    }
}
