package io.mcpagent.tools;

import java.util.List;

/**
 * How the policy comes to its word on one tool and one caller.
 *
 * @param name   the tool, as the model knows it
 * @param ruling what the policy says
 * @param needs  what the tool needs to know of its caller, if it is to be offered
 * @param rules  the rules about the tool, the most specific first: the first that is about the caller decides
 */
public record ToolExplanation(String name, ToolPolicy.Ruling ruling, List<String> needs, List<WeighedRule> rules) {

    public ToolExplanation {
        needs = List.copyOf(needs);
        rules = List.copyOf(rules);
    }

    /**
     * A rule about the tool.
     *
     * @param rule        as it is written
     * @param aboutCaller whether it is about this caller, too
     */
    public record WeighedRule(String rule, boolean aboutCaller) {}
}
