package io.mcpagent.tools;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The policy from the {@link ToolRules}, and from what the tools say of themselves.
 *
 * <p>In this order: the rule that decides says deny or ask; a tool that is new or changed since this process first saw the server's tools, or
 * that is gone, means ask; the rule says allow; the tool says that it
 * only reads means allow; anything else means ask. The first list with tools in it is accepted as it is, by fingerprint: name, description,
 * schema and hints. What appears or changes later needs approval, even if an allow pattern fits, until the agent is started again; what
 * comes back exactly as it was accepted does not. Fingerprints are kept in memory only, so each start accepts what it finds, and logs it; unless
 * {@code agent.tools.accepted} has them: then these are accepted, and nothing else, whatever the server offers. Safe for use by many threads.
 */
@Singleton
public class ConfiguredToolPolicy implements ToolPolicy {

    private static final Logger LOG = Logger.getLogger(ConfiguredToolPolicy.class);
    private static final Pattern ACCEPTED = Pattern.compile("([A-Za-z0-9_-]+)=([0-9a-f]{64})");

    private final ToolRules rules;
    private final boolean pinned;
    private volatile Map<String, String> accepted;
    private volatile Map<String, String> serverNames = Map.of();
    private final ReentrantLock observing = new ReentrantLock();
    private final AgentConfig config;
    private volatile List<String> findings = List.of();
    private boolean told;
    private boolean checked;

    /** The policy for this configuration; it has not seen any tools yet. */
    public ConfiguredToolPolicy(AgentConfig config) {
        AgentConfig.ToolsSettings tools = config.tools();
        this.config = config;
        this.rules = ToolRules.of(tools);
        this.accepted = readAccepted(tools.accepted().orElse(List.of()));
        this.pinned = !accepted.isEmpty();
    }

    @Override
    public Ruling decide(Tool tool, Identity caller) {
        @Nullable String serverName = serverNames.get(tool.name());
        ToolRules.@Nullable Rule rule = rules.deciding(caller, tool.name(), serverName);
        if (rule != null && rule.effect() != Permission.ALLOW) {
            return new Ruling(rule.effect(), rule.toString());
        }
        List<CallerPattern> approvers = approvers(tool.name());
        if (!approvers.isEmpty()) {
            return new Ruling(Permission.ASK, "its calls need the approval of " + among(approvers));
        }
        if (serverName == null) {
            return new Ruling(Permission.ASK, "the server does not have it now");
        }
        if (!tool.fingerprint().equals(accepted.get(tool.name()))) {
            return new Ruling(Permission.ASK, "it is new or has changed");
        }
        if (rule != null) {
            return new Ruling(Permission.ALLOW, rule.toString());
        }
        return tool.hints().saysReadOnly()
                ? new Ruling(Permission.ALLOW, "it says that it only reads")
                : new Ruling(Permission.ASK, "it may change something");
    }

    private static String among(List<CallerPattern> approvers) {
        return approvers.stream().map(CallerPattern::toString).collect(Collectors.joining(" or "));
    }

    @Override
    public List<CallerPattern> approvers(String tool) {
        return rules.approvers(tool, serverNames.get(tool));
    }

    @Override
    public List<CallerPattern> approvers() {
        return rules.approvers();
    }

    /** Whether a tool must not even be offered to the model when this caller asks. */
    boolean hides(ToolListing.OfferedTool tool, Identity caller) {
        ToolRules.@Nullable Rule rule = rules.deciding(caller, tool.tool().name(), tool.serverName());
        return rule != null && rule.effect() == Permission.DENY;
    }

    /**
     * What seems to be wrong with the rules, each named: about nobody, about no tool, or never the one that decides. Known when the tools were first
     * listed.
     */
    public List<String> findings() {
        return findings;
    }

    /** The rules, the most specific first. */
    ToolRules rules() {
        return rules;
    }

    /** Learns what the server offers; accepts it if it is the first. */
    void observe(Map<String, ToolListing.OfferedTool> offered) {
        observing.lock();
        try {
            learn(offered);
        } finally {
            observing.unlock();
        }
    }

    private void learn(Map<String, ToolListing.OfferedTool> offered) {
        if (!offered.isEmpty() && !checked) {
            checked = true;
            findings = rules.findings(List.copyOf(offered.values()), config);
            findings.forEach(LOG::warn);
        }
        serverNames = offered.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, tool -> tool.getValue().serverName()));
        // A server without any tools is one that is not configured yet; there is nothing to accept.
        if (accepted.isEmpty()) {
            accepted = fingerprints(offered);
            if (!accepted.isEmpty()) {
                LOG.infof("Tools accepted as they are: %d (at DEBUG the log has their fingerprints)", accepted.size());
                LOG.debugf("agent.tools.accepted=%s", writeAccepted(accepted));
            }
        } else if (pinned && !offered.isEmpty() && !told) {
            told = true;
            Map<String, String> others = fingerprints(offered);
            others.entrySet().removeAll(accepted.entrySet());
            if (!others.isEmpty()) {
                LOG.warnf("Tools that are new or changed, and need approval: %s", writeAccepted(others));
            }
        }
    }

    private static Map<String, String> fingerprints(Map<String, ToolListing.OfferedTool> offered) {
        return offered.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, tool -> tool.getValue().tool().fingerprint()));
    }

    /** Fingerprints by the tools' names, as {@code agent.tools.accepted} and the log have them. */
    private static Map<String, String> readAccepted(List<String> entries) {
        Map<String, String> accepted = new HashMap<>();
        for (String entry : entries) {
            Matcher parts = ACCEPTED.matcher(entry.strip());
            if (!parts.matches()) {
                throw new IllegalArgumentException(
                        "agent.tools.accepted: write name=fingerprint, as the log does, not " + entry);
            }
            accepted.put(parts.group(1), parts.group(2));
        }
        return Map.copyOf(accepted);
    }

    private static String writeAccepted(Map<String, String> accepted) {
        return new TreeMap<>(accepted)
                .entrySet().stream()
                        .map(tool -> tool.getKey() + "=" + tool.getValue())
                        .collect(Collectors.joining(","));
    }
}
