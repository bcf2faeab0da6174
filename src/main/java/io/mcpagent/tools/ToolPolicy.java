package io.mcpagent.tools;

/** Decides whether a tool may be called at once, needs a person's approval, or may not be called at all. Safe for use by many threads. */
public interface ToolPolicy {

    /** The decision for this tool, as it is now. */
    Decision decide(Tool tool);
}
