package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.base.Sha256;
import io.mcpagent.model.ToolDefinition;
import java.util.Optional;

/**
 * A tool together with the name that its server knows it by.
 *
 * @param serverName the name in calls to the server; the model may know it by another one
 */
record OfferedTool(String serverName, Tool tool) {

    private static final String NO_ARGUMENTS = "{\"type\":\"object\",\"properties\":{}}";

    /** Reads a {@code Tool} of MCP; nothing if it is none that can be called. */
    static Optional<OfferedTool> of(JsonNode json) {
        String name = json.path("name").asText("");
        JsonNode schema = json.path("inputSchema");
        if (name.isEmpty() || !schema.isMissingNode() && !schema.isObject()) {
            return Optional.empty();
        }
        String description = json.path("description").asText("");
        String told = description.isBlank() ? json.path("title").asText(name) : description;
        Hints hints = hints(json.path("annotations"));
        try {
            String fingerprint = Sha256.hexOfParts(name, told, Json.canonical(schema), hints.toString());
            ToolDefinition definition = new ToolDefinition(
                    ToolNames.forModel(name), told, schema.isMissingNode() ? NO_ARGUMENTS : schema.toString());
            return Optional.of(new OfferedTool(name, new Tool(definition, hints, fingerprint)));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static Hints hints(JsonNode annotations) {
        return new Hints(
                hint(annotations, "readOnlyHint"),
                hint(annotations, "destructiveHint"),
                hint(annotations, "idempotentHint"));
    }

    private static Boolean hint(JsonNode annotations, String name) {
        JsonNode value = annotations.path(name);
        return value.isBoolean() ? value.booleanValue() : null;
    }
}
