package io.mcpagent.tools;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names with {@code *} for any characters. */
final class NamePatterns {

    private final List<Pattern> patterns;

    NamePatterns(List<String> names) {
        this.patterns =
                names.stream().map(String::strip).map(NamePatterns::compile).toList();
    }

    private static Pattern compile(String name) {
        String[] parts = name.split("\\*", -1);
        return Pattern.compile(
                List.of(parts).stream().map(Pattern::quote).collect(Collectors.joining(".*")), Pattern.DOTALL);
    }

    boolean match(String name) {
        return patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches());
    }
}
