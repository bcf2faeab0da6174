package io.mcpagent.tools;

import io.mcpagent.model.ToolDefinition;

/**
 * A tool as the tool server offers it.
 *
 * @param definition  what the model is told
 * @param hints       what the server says of its behaviour
 * @param fingerprint SHA-256, in hex, over name, description, schema and hints: another one means that the tool changed
 */
public record Tool(ToolDefinition definition, Hints hints, String fingerprint) {

    public String name() {
        return definition.name();
    }
}
