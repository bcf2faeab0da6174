package io.mcpagent.tools;

import java.util.List;

/**
 * What a caller may do with one tool.
 *
 * @param name    the tool, as the model knows it
 * @param ruling  what the policy says, and why: the rule that decides is about this caller, or about everybody
 * @param missing what the tool needs to know of its caller and this one has no value for: then it is not offered
 */
public record ToolRight(String name, ToolPolicy.Ruling ruling, List<String> missing) {

    public ToolRight {
        missing = List.copyOf(missing);
    }

    /** Whether the model is told of it when this caller asks. */
    public boolean offered() {
        return ruling.permission() != ToolPolicy.Permission.DENY && missing.isEmpty();
    }
}
