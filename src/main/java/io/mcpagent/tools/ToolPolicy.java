package io.mcpagent.tools;

/** Decides whether a tool may be called at once, needs a person's approval, or may not be called at all. Safe for use by many threads. */
public interface ToolPolicy {

    /** What the policy says of a tool. */
    enum Permission {
        /** It may be called at once. */
        ALLOW,
        /** It needs a person's approval. */
        ASK,
        /** It may not be called, and is not offered. */
        DENY
    }

    /** The permission for this tool, as it is now. */
    Permission decide(Tool tool);
}
