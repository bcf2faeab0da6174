package io.mcpagent.turn;

import io.mcpagent.model.Arguments;
import io.mcpagent.model.ReplyListener;

/** Turns the parts of one streamed model reply into the turn's events, and counts what was written, for the bill of a call that breaks off. */
final class StreamedReply implements ReplyListener {

    private static final int CHARACTERS_PER_TOKEN = 3;

    private final TurnListener listener;
    private final String messageId;
    private final Runnable onText;
    private boolean writing;
    private long characters;

    /** @param onText is done at each piece of text */
    StreamedReply(TurnListener listener, String messageId, Runnable onText) {
        this.listener = listener;
        this.messageId = messageId;
        this.onText = onText;
    }

    @Override
    public void text(String delta) {
        onText.run();
        if (!writing) {
            writing = true;
            listener.on(new TurnEvent.TextStarted(messageId));
        }
        listener.on(new TurnEvent.TextDelta(messageId, delta));
    }

    @Override
    public void written(int more) {
        characters += more;
    }

    /** How many tokens the model has written by now: an estimate, on the high side. */
    long tokens() {
        return characters / CHARACTERS_PER_TOKEN + 1;
    }

    @Override
    public void toolUseStarted(String id, String name) {
        endText();
        listener.on(new TurnEvent.ToolCallStarted(id, name, messageId));
    }

    @Override
    public void toolUseEnded(String id, Arguments arguments) {
        listener.on(new TurnEvent.ToolCallInput(id, arguments));
        listener.on(new TurnEvent.ToolCallEnded(id));
    }

    @Override
    public void pause() {
        listener.flush();
    }

    /** Ends the text, if there was any. */
    void endText() {
        if (writing) {
            writing = false;
            listener.on(new TurnEvent.TextEnded(messageId));
        }
    }
}
