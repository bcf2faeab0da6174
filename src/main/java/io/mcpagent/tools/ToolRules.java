package io.mcpagent.tools;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import io.mcpagent.tools.ToolPolicy.Permission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rules from {@code agent.tools.deny}, {@code ask} and {@code allow}. Of those that fit a tool and a caller, the one that is the most specific
 * about the caller decides: a subject goes before a key, a key before groups, roles and scopes, and these before everybody. Among equals deny goes
 * before ask, and ask before allow. Safe for use by many threads.
 */
final class ToolRules {

    private static final String FOR = " for ";
    private static final String BY = " by ";
    private static final Comparator<Rule> BY_WEIGHT = Comparator.<Rule>comparingInt(
                    rule -> rule.caller().kind().weight())
            .reversed()
            .thenComparing(Rule::effect, Comparator.reverseOrder());

    /** Of how many tools it is remembered which rules are about them; a server has fewer. */
    private static final int MOST_KNOWN = 1_000;

    private final List<Rule> rules;
    private final List<Rule> approvers;
    private final Map<Names, List<Rule>> known = new ConcurrentHashMap<>();

    /** What a tool is called. */
    private record Names(String name, @Nullable String serverName) {}

    /**
     * One rule.
     *
     * @param effect  what it says
     * @param pattern the tools that it is about, as it is written
     * @param names   the same, to be matched
     * @param caller  whom it is about
     */
    record Rule(Permission effect, String pattern, Pattern names, CallerPattern caller) {

        /** As in the configuration: {@code deny refund_* for group:interns}. */
        @Override
        public String toString() {
            return effect.name().toLowerCase(Locale.ROOT) + " " + pattern
                    + (caller.kind() == CallerPattern.CallerKind.EVERYBODY ? "" : FOR + caller);
        }

        /** The writer of a pattern knows the server's name for the tool; the log and the answer show the model's name. */
        boolean fits(String name, @Nullable String serverName) {
            return fits(name) || (serverName != null && fits(serverName));
        }

        private boolean fits(String name) {
            return names.matcher(form(effect).apply(name)).matches();
        }
    }

    ToolRules(List<Rule> rules) {
        this(rules, List.of());
    }

    /** @param approvers who has to approve calls beside the one who asks */
    private ToolRules(List<Rule> rules, List<Rule> approvers) {
        this.rules = rules.stream().sorted(BY_WEIGHT).toList();
        this.approvers = approvers;
    }

    /** @throws IllegalArgumentException if a rule can't be read */
    static ToolRules of(AgentConfig.ToolsSettings tools) {
        List<Rule> all = new ArrayList<>();
        tools.deny().orElse(List.of()).forEach(text -> all.add(rule(Permission.DENY, text)));
        tools.ask().orElse(List.of()).forEach(text -> all.add(rule(Permission.ASK, text)));
        tools.allow().orElse(List.of()).forEach(text -> all.add(rule(Permission.ALLOW, text)));
        return new ToolRules(
                all,
                tools.approvers().orElse(List.of()).stream()
                        .map(ToolRules::approver)
                        .toList());
    }

    /** @throws IllegalArgumentException if it is none */
    static Rule rule(Permission effect, String text) {
        return rule(effect, text, FOR, effect.name().toLowerCase(Locale.ROOT));
    }

    /** A rule must name its approvers: if everybody could approve, there would be no second approval. */
    private static Rule approver(String text) {
        Rule rule = rule(Permission.ASK, text, BY, "approvers");
        if (rule.caller().kind() == CallerPattern.CallerKind.EVERYBODY) {
            throw new IllegalArgumentException(
                    "agent.tools.approvers: \"" + text + "\" names nobody: write refund_* by group:finance");
        }
        return rule;
    }

    private static Rule rule(Permission effect, String text, String before, String list) {
        int split = (text + " ").lastIndexOf(before);
        String pattern = (split < 0 ? text : text.substring(0, split)).strip();
        try {
            if (pattern.isEmpty()) {
                throw new IllegalArgumentException("names no tool");
            }
            CallerPattern caller = split < 0
                    ? CallerPattern.EVERYBODY
                    : CallerPattern.parse((text + " ").substring(split + before.length()));
            return new Rule(effect, pattern, names(pattern, form(effect)), caller);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("agent.tools." + list + ": \"" + text + "\" " + e.getMessage(), e);
        }
    }

    /** What forbids goes by what is seen of a name, what allows by its very letters. */
    private static UnaryOperator<String> form(Permission effect) {
        return effect == Permission.ALLOW ? UnaryOperator.identity() : LookAlikes::fold;
    }

    /** Names with {@code *} for any characters. */
    private static Pattern names(String pattern, UnaryOperator<String> form) {
        return Pattern.compile(
                Arrays.stream(pattern.split("\\*", -1))
                        .map(piece -> Pattern.quote(form.apply(piece)))
                        .collect(Collectors.joining(".*")),
                Pattern.DOTALL);
    }

    /** The rule that decides, or null if none is about this tool and this caller. */
    @Nullable
    Rule deciding(Identity caller, String name, @Nullable String serverName) {
        for (Rule rule : about(name, serverName)) {
            if (rule.caller().matches(caller)) {
                return rule;
            }
        }
        return null;
    }

    /** Who has to approve a call of that tool beside the one who asks. */
    List<CallerPattern> approvers(String name, @Nullable String serverName) {
        return approvers.stream()
                .filter(rule -> rule.fits(name, serverName))
                .map(Rule::caller)
                .distinct()
                .toList();
    }

    /** All who have to approve calls. */
    List<CallerPattern> approvers() {
        return approvers.stream().map(Rule::caller).distinct().toList();
    }

    /** Those about a tool, for any caller, the most specific first. */
    List<Rule> about(String name, @Nullable String serverName) {
        Names names = new Names(name, serverName);
        List<Rule> about = known.get(names);
        if (about == null) {
            about = rules.stream().filter(rule -> rule.fits(name, serverName)).toList();
            if (known.size() < MOST_KNOWN) {
                known.put(names, about);
            }
        }
        return about;
    }

    /** What is wrong with rules that are read without an error, where these are the tools; each with the rule. */
    List<String> findings(List<ToolListing.OfferedTool> tools, AgentConfig config) {
        List<String> findings = new ArrayList<>();
        for (Rule rule : rules) {
            Optional<String> nobody = rule.caller().nobody(config);
            List<ToolListing.OfferedTool> about = tools.stream()
                    .filter(tool -> rule.fits(tool.tool().name(), tool.serverName()))
                    .toList();
            if (nobody.isPresent()) {
                findings.add("A rule matches nobody, because " + nobody.get() + ": " + rule);
            } else if (about.isEmpty()) {
                findings.add("A rule matches no tool: " + rule);
            } else if (about.stream().allMatch(tool -> isDecidedBefore(rule, tool))) {
                findings.add("A rule never decides, because another one for the same callers wins: " + rule);
            }
        }
        return List.copyOf(findings);
    }

    private boolean isDecidedBefore(Rule rule, ToolListing.OfferedTool tool) {
        return rules.subList(0, rules.indexOf(rule)).stream()
                .anyMatch(earlier -> earlier.caller().equals(rule.caller())
                        && earlier.fits(tool.tool().name(), tool.serverName()));
    }
}
