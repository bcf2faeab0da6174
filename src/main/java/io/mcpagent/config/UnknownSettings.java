package io.mcpagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds settings that nobody reads, in what the process was started with: a limit whose name has a typing error would not hold, and nothing would
 * say so. Environment variables of other programs may begin alike ({@code AGENT_TOOLSDIRECTORY}), so one that is in none of our groups counts only
 * if it is nearly one of our names.
 */
public final class UnknownSettings {

    private static final String NAMES = "/agent-settings.txt";
    private static final String PREFIX = "AGENT_";
    private static final int NEARLY = 3;

    private final List<String> names;
    private final List<String> variables;

    /** @param names of all settings there are, as properties; a {@code *} stands for any characters */
    UnknownSettings(List<String> names) {
        this.names = names;
        this.variables = names.stream().map(UnknownSettings::variable).toList();
    }

    /** With the names that {@link AgentConfig} has. */
    public static UnknownSettings ofThisAgent() {
        try (InputStream resource = UnknownSettings.class.getResourceAsStream(NAMES)) {
            return new UnknownSettings(new String(resource.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The message for the operator, or nothing if all names are known. */
    public Optional<String> find(Collection<String> environment, Collection<String> properties) {
        return Stream.concat(
                        environment.stream().filter(name -> name.startsWith(PREFIX)),
                        properties.stream().filter(name -> name.startsWith("agent.")))
                .sorted()
                .filter(this::isUnknown)
                .findFirst()
                .map(name -> name + " is not a setting of the agent. Did you mean "
                        + (name.startsWith(PREFIX) ? variable(nearest(name)) : nearest(name)) + "?");
    }

    private boolean isUnknown(String name) {
        String variable = variable(name);
        if (variables.stream().anyMatch(known -> matches(known, variable))) {
            return false;
        }
        return !name.startsWith(PREFIX)
                || names.stream().anyMatch(known -> variable.startsWith(group(known)))
                || distance(variable, variable(nearest(name))) <= NEARLY;
    }

    private static boolean matches(String known, String variable) {
        int star = known.indexOf('*');
        return star < 0
                ? variable.startsWith(known) && isIndex(variable.substring(known.length()))
                : variable.startsWith(known.substring(0, star)) && variable.endsWith(known.substring(star + 1));
    }

    /** Whether it is nothing, or says which element of a list is meant: {@code _0_}. */
    private static boolean isIndex(String end) {
        return end.isEmpty()
                || (end.length() > 2
                        && end.startsWith("_")
                        && end.endsWith("_")
                        && end.chars().skip(1).limit(end.length() - 2).allMatch(c -> c >= '0' && c <= '9'));
    }

    /** The environment variable of a property, as MicroProfile Config has it; without patterns, since this is done at each start. */
    private static String variable(String name) {
        char[] letters = name.toCharArray();
        for (int i = 0; i < letters.length; i++) {
            char c = letters[i];
            boolean kept = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '*';
            letters[i] = !kept ? '_' : c >= 'a' ? (char) (c - 'a' + 'A') : c;
        }
        return new String(letters);
    }

    private static String group(String known) {
        int end = known.indexOf('.', known.indexOf('.') + 1);
        return end < 0 ? variable(known) : variable(known.substring(0, end + 1));
    }

    private String nearest(String name) {
        return names.stream()
                .min(Comparator.comparingInt(known -> distance(variable(name), variable(known))))
                .orElseThrow();
    }

    /** How many letters have to be put in, left out or changed to make one of the other. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
