package io.mcpagent.model;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What the model is told of a tool.
 *
 * @param name        {@code [a-zA-Z0-9_-]{1,64}}, as Bedrock wants it
 * @param description what the tool does, in the words of its configuration
 * @param inputSchema the JSON Schema of its arguments, as JSON text of one object, passed through as the tool server gave it
 */
public record ToolDefinition(String name, String description, String inputSchema) {

    private static final Pattern ACCEPTABLE = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final Pattern UNACCEPTABLE = Pattern.compile("[^a-zA-Z0-9_-]");
    private static final int LONGEST_NAME = 64;

    public ToolDefinition {
        Objects.requireNonNull(name);
        Objects.requireNonNull(description);
        Objects.requireNonNull(inputSchema);
    }

    /** Whether Bedrock takes this name. */
    public static boolean isAcceptable(String name) {
        return ACCEPTABLE.matcher(name).matches();
    }

    /** The name as Bedrock takes it. Another name may give the same one. */
    public static String acceptableName(String name) {
        if (isAcceptable(name)) {
            return name;
        }
        String changed = UNACCEPTABLE.matcher(name).replaceAll("_");
        return changed.isEmpty() ? "_" : changed.substring(0, Math.min(changed.length(), LONGEST_NAME));
    }
}
