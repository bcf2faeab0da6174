package io.mcpagent.turn;

/** Hears a turn's events, one at a time, in their order, on the turn's thread. */
public interface TurnListener {

    /** Hears nothing: for answers that are given as a whole. */
    TurnListener NONE = event -> {};

    /** Takes one event; may block while the client reads slowly. */
    void on(TurnEvent event);

    /** No further event is at hand right now: what was buffered should go out. */
    default void flush() {}
}
