package io.mcpagent.identity;

import io.mcpagent.config.AgentConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Whom a rule is about, as it is written: {@code group:support}, {@code role:admin}, {@code scope:orders.write}, {@code key:billing} or
 * {@code subject:alice}.
 *
 * @param kind what of a caller is looked at
 * @param name what it has to be, to the letter
 */
public record CallerPattern(CallerKind kind, String name) {

    /** What of a caller is looked at; the later, the more specific. */
    public enum CallerKind {
        /** Everybody. */
        EVERYBODY,
        /** One of the caller's groups. */
        GROUP,
        /** One of the caller's roles. */
        ROLE,
        /** One of the scopes of the caller's token. */
        SCOPE,
        /** The name of the API key, also if it is a front end's and the caller a person there. */
        KEY,
        /** The caller's subject: as the issuer has it, or as the service has it, with its kind first. */
        SUBJECT;

        /** How specific a rule is that looks at this: groups, roles and scopes count the same. */
        public int weight() {
            return switch (this) {
                case EVERYBODY -> 0;
                case GROUP, ROLE, SCOPE -> 1;
                case KEY -> 2;
                case SUBJECT -> 3;
            };
        }
    }

    /** Everybody. */
    public static final CallerPattern EVERYBODY = new CallerPattern(CallerKind.EVERYBODY, "");

    /**
     * Reads a pattern as settings write it.
     *
     * @throws IllegalArgumentException if the text names nobody
     */
    public static CallerPattern parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? "" : text.substring(0, colon).strip();
        String name = text.substring(colon + 1).strip();
        for (CallerKind each : CallerKind.values()) {
            if (each != CallerKind.EVERYBODY
                    && each.name().toLowerCase(Locale.ROOT).equals(kind)
                    && !name.isEmpty()) {
                return new CallerPattern(each, name);
            }
        }
        String kinds = Arrays.stream(CallerKind.values())
                .filter(each -> each != CallerKind.EVERYBODY)
                .map(each -> each.name().toLowerCase(Locale.ROOT) + ":…")
                .collect(Collectors.joining(", "));
        throw new IllegalArgumentException("is about nobody: write one of " + kinds + ", not " + text);
    }

    /** Whether the caller is meant. */
    public boolean matches(Identity caller) {
        return switch (kind) {
            case EVERYBODY -> true;
            case GROUP -> caller.groups().contains(name);
            case ROLE -> caller.roles().contains(name);
            case SCOPE -> caller.scopes().contains(name);
            case KEY -> name.equals(caller.key());
            // An issuer may have a subject that reads like one of ours, such as key:billing.
            case SUBJECT ->
                name.equals(caller.subject())
                        || (name.equals(caller.name()) && SubjectParts.of(name).equals(SubjectParts.NOTHING));
        };
    }

    /** Why no caller can be meant, by these settings; empty if one can be. */
    public Optional<String> nobody(AgentConfig config) {
        AgentConfig.IdentitySettings settings = config.identity();
        return switch (kind) {
            case GROUP ->
                settings.knownGroups().filter(groups -> !groups.contains(name)).isPresent()
                        ? Optional.of("agent.identity.known-groups has no such group")
                        : nowhere(settings.groups(), "groups");
            case ROLE -> nowhere(settings.roles(), "roles");
            case SCOPE -> nowhere(settings.scopes(), "scopes");
            case KEY ->
                config.access().apiKeysSecret().isEmpty()
                        ? Optional.of("agent.access.api-keys-secret is not set")
                        : Optional.empty();
            case EVERYBODY, SUBJECT -> Optional.empty();
        };
    }

    private static Optional<String> nowhere(List<String> paths, String what) {
        return paths.stream().allMatch(String::isBlank)
                ? Optional.of("agent.identity." + what + " is empty")
                : Optional.empty();
    }

    /** As it is written in the configuration. */
    @Override
    public String toString() {
        return kind == CallerKind.EVERYBODY ? "everybody" : kind.name().toLowerCase(Locale.ROOT) + ":" + name;
    }
}
