package io.mcpagent.turn;

import io.mcpagent.conversation.History;
import io.mcpagent.model.Message;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.model.ToolDefinition;

/** Estimates, on the high side, how many tokens a request has, for the reservation that is made before it is sent. */
final class TokenEstimate {

    /** What the frame of a message or a tool costs beside its text. */
    private static final int FRAME = 8;

    private TokenEstimate() {
    }

    static long of(ModelRequest request) {
        long tokens = History.estimate(request.system());
        for (Message message : request.messages()) {
            tokens += FRAME + History.estimate(message);
        }
        for (ToolDefinition tool : request.tools()) {
            tokens += FRAME + History.estimate(tool.name()) + History.estimate(tool.description()) + History.estimate(tool.inputSchema());
        }
        return tokens;
    }
}
