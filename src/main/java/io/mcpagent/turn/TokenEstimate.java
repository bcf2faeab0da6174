package io.mcpagent.turn;

import io.mcpagent.conversation.History;
import io.mcpagent.model.Message;
import io.mcpagent.model.ToolDefinition;
import java.util.List;

/** Estimates, on the high side, how many tokens a request has, for the reservation that is made before it is sent. Safe for use by many threads. */
final class TokenEstimate {

    /** What the frame of a message or a tool costs beside its text. */
    private static final int FRAME = 8;

    /** What the service tells the model about tools, once there are any. */
    private static final int TOOL_PROMPT = 700;

    /** The tools that were asked for last: most turns have the same ones, and theirs is most of the text. */
    private static volatile Counted last = new Counted(List.of(), 0);

    private record Counted(List<ToolDefinition> tools, long tokens) {}

    private TokenEstimate() {}

    static long of(String system, List<Message> messages, List<ToolDefinition> tools) {
        long tokens = History.estimate(system) + of(tools);
        for (Message message : messages) {
            tokens += FRAME + History.estimate(message);
        }
        return tokens;
    }

    // The very same list: a turn sends it with each step, and to compare what it has would cost what is saved.
    @SuppressWarnings("ReferenceEquality")
    private static long of(List<ToolDefinition> tools) {
        Counted known = last;
        if (known.tools == tools) {
            return known.tokens;
        }
        long tokens = tools.isEmpty() ? 0 : TOOL_PROMPT;
        for (ToolDefinition tool : tools) {
            tokens += FRAME
                    + History.estimate(tool.name())
                    + History.estimate(tool.description())
                    + History.estimate(tool.inputSchema());
        }
        last = new Counted(tools, tokens);
        return tokens;
    }
}
