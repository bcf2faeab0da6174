package io.mcpagent.door;

import io.mcpagent.turn.TurnEvent;

/** A protocol's way to tell one turn as server-sent events. Used by one thread. */
public interface EventFormat {

    /** Writes the server-sent events that say this: any number of them, also none. */
    void write(TurnEvent event, JsonEvents to);

    /** Writes all that is left to say of an answer that was given before. */
    void replay(ChatReply reply, JsonEvents to);

    /**
     * What is written when nothing was for a while, so that nobody takes the connection for dead: a comment, which says nothing. Called by another
     * thread than {@link #write}.
     */
    default String silence() {
        return ":\n\n";
    }

    /** Makes the format of one turn. Safe for use by many threads. */
    @FunctionalInterface
    interface Factory {

        /** The format of the turn that this run answers. */
        EventFormat of(String conversationId, String runId);
    }
}
