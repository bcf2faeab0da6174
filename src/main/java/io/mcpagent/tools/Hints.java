package io.mcpagent.tools;

/**
 * What a tool server says of a tool's behaviour. Only a hint: the wall is the database role. A null means that it says nothing.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations">ToolAnnotations</a>
 */
public record Hints(Boolean readOnly, Boolean destructive, Boolean idempotent) {

    /** The server says nothing. */
    public static final Hints NONE = new Hints(null, null, null);

    /** Whether the server says that the tool only reads. */
    public boolean saysReadOnly() {
        return Boolean.TRUE.equals(readOnly) && !Boolean.TRUE.equals(destructive);
    }
}
