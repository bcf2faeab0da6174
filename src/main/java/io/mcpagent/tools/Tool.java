package io.mcpagent.tools;

import io.mcpagent.model.ToolDefinition;
import org.jspecify.annotations.Nullable;

/**
 * A tool as the tool server offers it.
 *
 * @param definition  what the model is told
 * @param hints       what the server says of its behaviour
 * @param fingerprint SHA-256, in hex, over name, description, schema and hints: another one means that the tool changed
 */
public record Tool(ToolDefinition definition, Hints hints, String fingerprint) {

    /**
     * What a tool server says of a tool's behaviour. Only a hint: the wall is the database role. A null means that it says nothing.
     *
     * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations">ToolAnnotations</a>
     */
    public record Hints(
            @Nullable Boolean readOnly,
            @Nullable Boolean destructive,
            @Nullable Boolean idempotent) {

        /** The server says nothing. */
        public static final Hints NONE = new Hints(null, null, null);

        /** Whether the server says that the tool only reads. */
        public boolean saysReadOnly() {
            return Boolean.TRUE.equals(readOnly) && !Boolean.TRUE.equals(destructive);
        }

        // The fingerprints that operators have pinned are over this text.
        @Override
        public String toString() {
            return "Hints[readOnly=" + readOnly + ", destructive=" + destructive + ", idempotent=" + idempotent + "]";
        }
    }

    public String name() {
        return definition.name();
    }
}
