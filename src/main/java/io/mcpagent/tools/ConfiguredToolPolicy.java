package io.mcpagent.tools;

import io.mcpagent.config.AgentConfig;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The policy from {@code agent.tools.deny}, {@code ask} and {@code allow}, and from what the tools say of themselves.
 *
 * <p>In this order: deny; ask; a tool that is new or changed since this process first saw the server's tools, or
 * that is gone, means ask; allow; says that it
 * only reads means allow; anything else means ask. Deny and ask fit what {@link LookAlikes} reads a name as, allow its very letters. The first list with tools in it is accepted as it is, by fingerprint: name, description,
 * schema and hints. What appears or changes later needs approval, even if an allow pattern fits, until the agent is started again; what
 * comes back exactly as it was accepted does not. Fingerprints are kept in memory only, so each start accepts what it finds, and logs it; unless
 * {@code agent.tools.accepted} has them: then these are accepted, and nothing else, whatever the server offers. Safe for use by many threads.
 */
@Singleton
public class ConfiguredToolPolicy implements ToolPolicy {

    private static final Logger LOG = Logger.getLogger(ConfiguredToolPolicy.class);
    private static final Pattern ACCEPTED = Pattern.compile("([A-Za-z0-9_-]+)=([0-9a-f]{64})");

    private final Patterns deny;
    private final Patterns ask;
    private final Patterns allow;
    private final boolean pinned;
    private volatile Map<String, String> accepted;
    private volatile Map<String, String> serverNames = Map.of();
    private final ReentrantLock observing = new ReentrantLock();
    private boolean told;

    /** The policy for this configuration; it has not seen any tools yet. */
    public ConfiguredToolPolicy(AgentConfig config) {
        AgentConfig.ToolsSettings tools = config.tools();
        this.deny = Patterns.seen(tools.deny());
        this.ask = Patterns.seen(tools.ask());
        this.allow = Patterns.exact(tools.allow());
        this.accepted = readAccepted(tools.accepted().orElse(List.of()));
        this.pinned = !accepted.isEmpty();
    }

    @Override
    public Permission decide(Tool tool) {
        @Nullable String serverName = serverNames.get(tool.name());
        if (deny.match(tool.name(), serverName)) {
            return Permission.DENY;
        }
        if (serverName == null
                || ask.match(tool.name(), serverName)
                || !tool.fingerprint().equals(accepted.get(tool.name()))) {
            return Permission.ASK;
        }
        return allow.match(tool.name(), serverName) || tool.hints().saysReadOnly() ? Permission.ALLOW : Permission.ASK;
    }

    /** Whether a tool must not even be offered to the model. */
    boolean hides(ToolListing.OfferedTool tool) {
        return deny.match(tool.tool().name(), tool.serverName());
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

    /** Names with {@code *} for any characters. */
    private record Patterns(List<Pattern> patterns, UnaryOperator<String> form) {

        /** What forbids, by what is seen of a name. */
        static Patterns seen(Optional<List<String>> names) {
            return of(names, LookAlikes::fold);
        }

        /** What allows, by its very letters. */
        static Patterns exact(Optional<List<String>> names) {
            return of(names, UnaryOperator.identity());
        }

        private static Patterns of(Optional<List<String>> names, UnaryOperator<String> form) {
            return new Patterns(
                    names.orElse(List.of()).stream()
                            .map(name -> Arrays.stream(name.strip().split("\\*", -1))
                                    .map(piece -> Pattern.quote(form.apply(piece)))
                                    .collect(Collectors.joining(".*")))
                            .map(pattern -> Pattern.compile(pattern, Pattern.DOTALL))
                            .toList(),
                    form);
        }

        // Whoever writes a pattern knows the server's name for the tool; the log and the answer show the model's.
        boolean match(String name, @Nullable String serverName) {
            return match(name) || (serverName != null && match(serverName));
        }

        private boolean match(String name) {
            String formed = form.apply(name);
            return patterns.stream().anyMatch(pattern -> pattern.matcher(formed).matches());
        }
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
