package io.mcpagent.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds settings that nobody reads, in what the process was started with: a limit whose name has a typing error would not hold, and nothing would
 * say so. Environment variables of other programs may begin alike ({@code AGENT_TOOLSDIRECTORY}), so one that is in none of our groups counts only
 * if it is nearly one of our names.
 */
final class UnknownSettings {

    private static final String NAMES = "/agent-settings.txt";
    private static final String PREFIX = "AGENT_";
    private static final int NEARLY = 3;

    private final List<String> names;

    /** @param names of all settings there are, as properties; a {@code *} stands for any characters */
    UnknownSettings(List<String> names) {
        this.names = names;
    }

    /** With the names that {@link AgentConfig} has. */
    static UnknownSettings ofThisAgent() {
        try (InputStream resource = UnknownSettings.class.getResourceAsStream(NAMES)) {
            return new UnknownSettings(new String(resource.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What to tell whoever starts the agent, or nothing if all is known. */
    Optional<String> find(Collection<String> environment, Collection<String> properties) {
        return Stream.concat(environment.stream().filter(name -> name.startsWith(PREFIX)), properties.stream().filter(name -> name.startsWith("agent.")))
                .sorted().filter(this::isUnknown).findFirst()
                .map(name -> name + " is no setting of the agent. Did you mean " + (name.startsWith(PREFIX) ? variable(nearest(name)) : nearest(name)) + "?");
    }

    private boolean isUnknown(String name) {
        String variable = variable(name);
        if (names.stream().anyMatch(known -> matches(variable(known), variable))) {
            return false;
        }
        return !name.startsWith(PREFIX) || names.stream().anyMatch(known -> variable.startsWith(group(known)))
                || distance(variable, variable(nearest(name))) <= NEARLY;
    }

    private static boolean matches(String known, String variable) {
        int star = known.indexOf('*');
        return star < 0 ? known.equals(variable) || variable.matches(java.util.regex.Pattern.quote(known) + "_\\d+_")
                : variable.startsWith(known.substring(0, star)) && variable.endsWith(known.substring(star + 1));
    }

    /** The environment variable of a property, as MicroProfile Config has it. */
    private static String variable(String name) {
        return name.replaceAll("[^A-Za-z0-9*]", "_").toUpperCase(Locale.ROOT);
    }

    private static String group(String known) {
        int end = known.indexOf('.', known.indexOf('.') + 1);
        return end < 0 ? variable(known) : variable(known.substring(0, end + 1));
    }

    private String nearest(String name) {
        return names.stream().min(Comparator.comparingInt(known -> distance(variable(name), variable(known)))).orElseThrow();
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
