package io.mcpagent.model;

import java.util.Objects;

/**
 * What the model is told of a tool.
 *
 * @param name        {@code [a-zA-Z0-9_-]{1,64}}, as Bedrock wants it
 * @param description what the tool does, in the words of its configuration
 * @param inputSchema the JSON Schema of its arguments, as JSON text of one object, passed through as the tool server gave it
 */
public record ToolDefinition(String name, String description, String inputSchema) {

    public ToolDefinition {
        Objects.requireNonNull(name);
        Objects.requireNonNull(description);
        Objects.requireNonNull(inputSchema);
    }
}
