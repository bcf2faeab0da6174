package io.mcpagent.tools;

import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import java.util.List;

/** Decides for each caller whether a tool may be called at once, needs a person's approval, or may not be called at all. Safe for use by many threads. */
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

    /**
     * What the policy says, and what made it say so.
     *
     * @param why a rule as it is written in the configuration, or another reason in a few words
     */
    record Ruling(Permission permission, String why) {}

    /** The decision on this tool for this caller, as it is now. */
    Ruling decide(Tool tool, Identity caller);

    /** Who has to approve a call of that tool beside the one who asks: one of them is enough. Empty if nobody has to. */
    default List<CallerPattern> approvers(String tool) {
        return List.of();
    }

    /** All who have to approve calls of any tools. */
    default List<CallerPattern> approvers() {
        return List.of();
    }
}
