package io.mcpagent.identity;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.CallerPattern.CallerKind;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The limits of some callers, which {@code agent.access.limits} puts instead of those for all. Of those about a caller the most specific one
 * decides, as with the tools' rules; among equals the lowest. Immutable.
 */
@Singleton
public final class CallerLimits {

    private static final Logger LOG = Logger.getLogger(CallerLimits.class);
    private static final BigDecimal LARGEST = BigDecimal.valueOf(Integer.MAX_VALUE);
    private static final Pattern WRITTEN = Pattern.compile("\\s*(\\S+)\\s+(\\d{1,12}(?:\\.\\d{1,6})?)\\s+for\\s+(.+)");

    /** What is limited; the setting for all callers has the same name. */
    public enum Quantity {
        REQUESTS_PER_MINUTE,
        CONCURRENT_TURNS,
        REQUEST_DOLLARS,
        REQUEST_TOKENS,
        CALLER_DAY_DOLLARS,
        CALLER_DAY_TOKENS,
        CONVERSATION_DOLLARS,
        CONVERSATION_TOKENS;

        /** As it is written. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Whether a limit may be that high or low: a budget can be nothing, and only dollars have parts. */
        private boolean allows(BigDecimal most) {
            return switch (this) {
                case REQUESTS_PER_MINUTE, CONCURRENT_TURNS ->
                    most.scale() == 0 && most.signum() > 0 && most.compareTo(LARGEST) <= 0;
                case REQUEST_TOKENS, CALLER_DAY_TOKENS, CONVERSATION_TOKENS -> most.scale() == 0;
                case REQUEST_DOLLARS, CALLER_DAY_DOLLARS, CONVERSATION_DOLLARS -> true;
            };
        }
    }

    private record Rule(Quantity quantity, BigDecimal most, CallerPattern caller) {
        @Override
        public String toString() {
            return quantity + " " + most + " for " + caller;
        }
    }

    private final Map<Quantity, List<Rule>> rules;
    private final List<String> findings;

    /** @throws IllegalArgumentException if a limit can't be read */
    public CallerLimits(AgentConfig config) {
        this.rules = config.access().limits().orElse(List.of()).stream()
                .map(CallerLimits::rule)
                .sorted(Comparator.<Rule>comparingInt(
                                rule -> -rule.caller().kind().weight())
                        .thenComparing(Rule::most))
                .collect(Collectors.groupingBy(
                        Rule::quantity, () -> new EnumMap<>(Quantity.class), Collectors.toUnmodifiableList()));
        this.findings = rules.values().stream()
                .flatMap(all -> all.stream().flatMap(rule -> finding(rule, all, config).stream()))
                .toList();
    }

    void start(@Observes StartupEvent event) {
        findings.forEach(LOG::warn);
    }

    private static Rule rule(String text) {
        Matcher parts = WRITTEN.matcher(text);
        if (parts.matches()) {
            for (Quantity quantity : Quantity.values()) {
                BigDecimal most = new BigDecimal(parts.group(2));
                if (quantity.toString().equals(parts.group(1)) && quantity.allows(most)) {
                    return new Rule(quantity, most, caller(text, parts.group(3)));
                }
            }
        }
        throw new IllegalArgumentException("agent.access.limits: \"" + text
                + "\" is no limit: write caller-day-dollars 2.50 for group:interns; whole numbers, but for dollars, of one of "
                + Arrays.stream(Quantity.values()).map(Quantity::toString).collect(Collectors.joining(", ")));
    }

    private static CallerPattern caller(String text, String written) {
        try {
            return CallerPattern.parse(written);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("agent.access.limits: \"" + text + "\" " + e.getMessage(), e);
        }
    }

    private static Optional<String> finding(Rule rule, List<Rule> all, AgentConfig config) {
        Optional<String> nobody = rule.caller().nobody(config);
        if (nobody.isPresent()) {
            return Optional.of("A limit matches nobody, because " + nobody.get() + ": " + rule);
        }
        return all.subList(0, all.indexOf(rule)).stream()
                .filter(before -> before.caller().equals(rule.caller()))
                .findFirst()
                .map(before -> "A limit never decides, because a lower one is for the same callers: " + rule);
    }

    /** Whether any caller has a limit of their own on one of these. */
    public boolean any(Quantity... quantities) {
        return Arrays.stream(quantities).anyMatch(rules::containsKey);
    }

    /** The caller's own limit; empty if the one for all holds. */
    public Optional<BigDecimal> of(Quantity quantity, Identity caller) {
        return deciding(quantity, caller).map(Rule::most);
    }

    /**
     * The same where the secret may have a limit of the caller's key.
     *
     * @param ofKey that limit, which counts as one that is about the key; null if there is none
     */
    public Optional<BigDecimal> of(Quantity quantity, Identity caller, @Nullable Integer ofKey) {
        Optional<Rule> deciding = deciding(quantity, caller);
        if (ofKey == null) {
            return deciding.map(Rule::most);
        }
        BigDecimal own = BigDecimal.valueOf(ofKey);
        int weight = deciding.map(rule -> rule.caller().kind().weight()).orElse(0);
        return Optional.of(
                weight < CallerKind.KEY.weight()
                        ? own
                        : deciding.map(Rule::most)
                                .filter(most -> weight > CallerKind.KEY.weight() || most.compareTo(own) < 0)
                                .orElse(own));
    }

    private Optional<Rule> deciding(Quantity quantity, Identity caller) {
        return rules.getOrDefault(quantity, List.of()).stream()
                .filter(rule -> rule.caller().matches(caller))
                .findFirst();
    }

    /** What is wrong with limits that are read without an error, each with the limit. */
    public List<String> findings() {
        return findings;
    }
}
