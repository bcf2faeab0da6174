package io.mcpagent.turn;

import io.mcpagent.model.ReplyListener;

/** Turns the parts of one streamed model reply into the turn's events. */
final class StreamedReply implements ReplyListener {

    private final TurnListener listener;
    private final String messageId;
    private boolean writing;

    StreamedReply(TurnListener listener, String messageId) {
        this.listener = listener;
        this.messageId = messageId;
    }

    @Override
    public void text(String delta) {
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
    public void toolUseInput(String id, String delta) {
        listener.on(new TurnEvent.ToolCallInput(id, delta));
    }

    @Override
    public void toolUseEnded(String id) {
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
