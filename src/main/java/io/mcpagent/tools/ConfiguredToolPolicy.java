package io.mcpagent.tools;

import io.mcpagent.config.AgentConfig;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The policy from {@code agent.tools.deny}, {@code ask} and {@code allow}, and from what the tools say of themselves.
 *
 * <p>In this order: deny; ask; a tool that is new or changed since this process first saw the server's tools, or
 * that is gone, means ask; allow; says that it
 * only reads means allow; anything else means ask. The first list with tools in it is accepted as it is, by fingerprint: name, description,
 * schema and hints. What appears or changes later needs approval, even if an allow pattern fits, until the agent is started again; what
 * comes back exactly as it was accepted does not. Fingerprints are kept in memory only, so each start accepts what it finds, and logs it; unless
 * {@code agent.tools.accepted} has them: then these are accepted, and nothing else, whatever the server offers. Safe for use by many threads.
 */
@Singleton
public class ConfiguredToolPolicy implements ToolPolicy {

    private static final Logger LOG = Logger.getLogger(ConfiguredToolPolicy.class);

    private final NamePatterns deny;
    private final NamePatterns ask;
    private final NamePatterns allow;
    private final boolean pinned;
    private volatile Map<String, String> accepted;
    private volatile Map<String, String> serverNames = Map.of();
    private boolean told;

    /** The policy for this configuration; it has not seen any tools yet. */
    public ConfiguredToolPolicy(AgentConfig config) {
        AgentConfig.Tools tools = config.tools();
        this.deny = new NamePatterns(tools.deny().orElse(List.of()));
        this.ask = new NamePatterns(tools.ask().orElse(List.of()));
        this.allow = new NamePatterns(tools.allow().orElse(List.of()));
        this.accepted = AcceptedTools.read(tools.accepted().orElse(List.of()));
        this.pinned = !accepted.isEmpty();
    }

    @Override
    public Decision decide(Tool tool) {
        String serverName = serverNames.get(tool.name());
        if (match(deny, tool.name(), serverName)) {
            return Decision.DENY;
        }
        if (serverName == null
                || match(ask, tool.name(), serverName)
                || !tool.fingerprint().equals(accepted.get(tool.name()))) {
            return Decision.ASK;
        }
        return match(allow, tool.name(), serverName) || tool.hints().saysReadOnly() ? Decision.ALLOW : Decision.ASK;
    }

    /** Whether a tool must not even be offered to the model. */
    boolean hides(OfferedTool tool) {
        return match(deny, tool.tool().name(), tool.serverName());
    }

    /** Learns what the server offers; accepts it if it is the first. */
    synchronized void observe(Map<String, OfferedTool> offered) {
        serverNames = offered.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, tool -> tool.getValue().serverName()));
        // A server without any tools is one that is not configured yet; there is nothing to accept.
        if (accepted.isEmpty()) {
            accepted = fingerprints(offered);
            if (!accepted.isEmpty()) {
                LOG.infof("Tools accepted as they are: %s", AcceptedTools.write(accepted));
            }
        } else if (pinned && !offered.isEmpty() && !told) {
            told = true;
            Map<String, String> others = fingerprints(offered);
            others.entrySet().removeAll(accepted.entrySet());
            if (!others.isEmpty()) {
                LOG.warnf("Tools that are new or changed, and need approval: %s", AcceptedTools.write(others));
            }
        }
    }

    private static Map<String, String> fingerprints(Map<String, OfferedTool> offered) {
        return offered.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, tool -> tool.getValue().tool().fingerprint()));
    }

    // Whoever writes a pattern knows the server's name for the tool; the log and the answer show the model's.
    private static boolean match(NamePatterns patterns, String name, String serverName) {
        return patterns.match(name) || serverName != null && patterns.match(serverName);
    }
}
