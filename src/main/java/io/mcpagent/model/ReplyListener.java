package io.mcpagent.model;

/**
 * Hears the parts of a streamed reply as they arrive, on the thread that called {@link Model#stream}.
 */
public interface ReplyListener {

    /** A piece of the answer's text; never empty. */
    void text(String delta);

    /** The model begins to ask for a tool. */
    void toolUseStarted(String id, String name);

    /** The arguments are complete. */
    void toolUseEnded(String id, Arguments arguments);

    /** A piece of readable reasoning; never empty. */
    default void reasoning(String delta) {}

    /** Nothing more of what was sent is at hand: a good moment to flush what the events above made. */
    default void pause() {}
}
