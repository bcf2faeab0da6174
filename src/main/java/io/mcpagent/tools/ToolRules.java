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
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rules from {@code agent.tools.deny}, {@code ask} and {@code allow}. Of those that fit a tool and a caller, the one that is the most specific
 * about the caller decides: a subject goes before a key, a key before groups, roles and scopes, and these before everybody. Among equals deny goes
 * before ask, and ask before allow. Immutable.
 */
final class ToolRules {

    private static final String FOR = " for ";
    private static final Comparator<Rule> BY_WEIGHT = Comparator.<Rule>comparingInt(
                    rule -> rule.caller().kind().weight())
            .reversed()
            .thenComparing(Rule::effect, Comparator.reverseOrder());

    private final List<Rule> rules;

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

        /** Whoever writes a pattern knows the server's name for the tool; the log and the answer show the model's. */
        boolean fits(String name, @Nullable String serverName) {
            return fits(name) || (serverName != null && fits(serverName));
        }

        private boolean fits(String name) {
            return names.matcher(form(effect).apply(name)).matches();
        }
    }

    ToolRules(List<Rule> rules) {
        this.rules = rules.stream().sorted(BY_WEIGHT).toList();
    }

    /** @throws IllegalArgumentException if a rule can't be read */
    static ToolRules of(AgentConfig.ToolsSettings tools) {
        List<Rule> all = new ArrayList<>();
        tools.deny().orElse(List.of()).forEach(text -> all.add(rule(Permission.DENY, text)));
        tools.ask().orElse(List.of()).forEach(text -> all.add(rule(Permission.ASK, text)));
        tools.allow().orElse(List.of()).forEach(text -> all.add(rule(Permission.ALLOW, text)));
        return new ToolRules(all);
    }

    /** @throws IllegalArgumentException if it is none */
    static Rule rule(Permission effect, String text) {
        int split = (text + " ").lastIndexOf(FOR);
        String pattern = (split < 0 ? text : text.substring(0, split)).strip();
        try {
            if (pattern.isEmpty()) {
                throw new IllegalArgumentException("names no tool");
            }
            CallerPattern caller = split < 0
                    ? CallerPattern.EVERYBODY
                    : CallerPattern.parse((text + " ").substring(split + FOR.length()));
            return new Rule(effect, pattern, names(pattern, form(effect)), caller);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "agent.tools." + effect.name().toLowerCase(Locale.ROOT) + ": \"" + text + "\" " + e.getMessage(),
                    e);
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
        for (Rule rule : rules) {
            if (rule.fits(name, serverName) && rule.caller().matches(caller)) {
                return rule;
            }
        }
        return null;
    }

    /** Those about a tool, whoever is meant, the most specific first. */
    List<Rule> about(String name, @Nullable String serverName) {
        return rules.stream().filter(rule -> rule.fits(name, serverName)).toList();
    }

    /** Rules about none of these tools. */
    List<Rule> unused(List<ToolListing.OfferedTool> tools) {
        return rules.stream()
                .filter(rule ->
                        tools.stream().noneMatch(tool -> rule.fits(tool.tool().name(), tool.serverName())))
                .toList();
    }
}
