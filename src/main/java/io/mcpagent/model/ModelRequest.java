package io.mcpagent.model;

import io.mcpagent.base.Deadline;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What the model is asked.
 *
 * @param system   the system prompt, from configuration only
 * @param messages the conversation, alternating, first and last by the user
 * @param tools    the tools on offer, perhaps none. The same list object stands for the same tools: its JSON is made once per object
 * @param deadline when the turn must have ended
 * @param spending is told of each request that is sent for it
 * @param labels   what the service's own log of requests may know it by; nothing of what is said
 */
public record ModelRequest(
        String system,
        List<Message> messages,
        List<ToolDefinition> tools,
        Deadline deadline,
        Spending spending,
        Map<String, String> labels) {

    /** A request without labels. */
    public ModelRequest(
            String system, List<Message> messages, List<ToolDefinition> tools, Deadline deadline, Spending spending) {
        this(system, messages, tools, deadline, spending, Map.of());
    }

    /** A request that nobody counts. */
    public ModelRequest(String system, List<Message> messages, List<ToolDefinition> tools, Deadline deadline) {
        this(system, messages, tools, deadline, Spending.FREE);
    }

    public ModelRequest {
        Objects.requireNonNull(system);
        Objects.requireNonNull(messages);
        Objects.requireNonNull(tools);
        Objects.requireNonNull(deadline);
        Objects.requireNonNull(spending);
        Objects.requireNonNull(labels);
    }
}
