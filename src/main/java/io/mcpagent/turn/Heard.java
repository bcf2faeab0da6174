package io.mcpagent.turn;

/** Passes events on, and counts what the model wrote, for the bill of a call that breaks off. */
final class Heard implements TurnListener {

    private static final int CHARACTERS_PER_TOKEN = 3;

    private final TurnListener next;
    private final Runnable onText;
    private long characters;

    /** @param onText is done at each piece of text */
    Heard(TurnListener next, Runnable onText) {
        this.next = next;
        this.onText = onText;
    }

    @Override
    public void on(TurnEvent event) {
        switch (event) {
            case TurnEvent.TextDelta(String _, String delta) -> {
                characters += delta.length();
                onText.run();
            }
            case TurnEvent.ToolCallInput(String _, String delta) -> characters += delta.length();
            default -> {}
        }
        next.on(event);
    }

    @Override
    public void flush() {
        next.flush();
    }

    /** An estimate, on the high side. */
    long tokens() {
        return characters / CHARACTERS_PER_TOKEN + 1;
    }
}
