package io.mcpagent.turn;

import io.mcpagent.model.Arguments;
import io.mcpagent.model.ReplyListener;

/** Turns the parts of one streamed model reply into the turn's events. */
final class StreamedReply implements ReplyListener {

    private final TurnListener listener;
    private final String messageId;
    private final Runnable onText;
    private boolean writing;

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
