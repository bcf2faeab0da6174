package io.mcpagent.turn;

import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import java.util.List;

/** Says tool calls in words: Converse refuses a history with tool calls when no tools are offered. */
final class ToolsAsText {

    private ToolsAsText() {}

    /** The same messages, in the same order and by the same roles, with a text for each tool call and result. */
    static List<Message> of(List<Message> messages) {
        return messages.stream()
                .map(message -> new Message(
                        message.role(),
                        message.content().stream().map(ToolsAsText::said).toList()))
                .toList();
    }

    private static Content said(Content block) {
        return switch (block) {
            case Content.ToolUse(String _, String name, Arguments input) ->
                new Content.Text("[The tool " + name + " was called with " + input + "]");
            case Content.ToolResult(String _, String text, boolean error) ->
                new Content.Text((error ? "[The tool failed: " : "[The tool answered: ") + text + "]");
            case Content.Text _, Content.Note _ -> block;
            // Its signature covers the calls that follow it.
            case Content.Reasoning _ -> new Content.Text("[The model considered what to do.]");
        };
    }
}
