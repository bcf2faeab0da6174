package io.mcpagent.tools;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Fingerprints by the tools' names, as {@code agent.tools.accepted} and the log have them. */
final class AcceptedTools {

    private static final Pattern ENTRY = Pattern.compile("([A-Za-z0-9_-]+)=([0-9a-f]{64})");

    private AcceptedTools() {}

    /** @throws IllegalArgumentException if an entry is none */
    static Map<String, String> read(List<String> entries) {
        Map<String, String> accepted = new HashMap<>();
        for (String entry : entries) {
            Matcher parts = ENTRY.matcher(entry.strip());
            if (!parts.matches()) {
                throw new IllegalArgumentException(
                        "agent.tools.accepted: write name=fingerprint, as the log does, not " + entry);
            }
            accepted.put(parts.group(1), parts.group(2));
        }
        return Map.copyOf(accepted);
    }

    static String write(Map<String, String> accepted) {
        return new TreeMap<>(accepted)
                .entrySet().stream()
                        .map(tool -> tool.getKey() + "=" + tool.getValue())
                        .collect(Collectors.joining(","));
    }
}
