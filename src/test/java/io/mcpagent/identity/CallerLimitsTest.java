package io.mcpagent.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.config.TestSettings;
import io.mcpagent.identity.CallerLimits.Quantity;
import io.mcpagent.support.Project;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which limit is whose, against an evaluator that was written apart. */
class CallerLimitsTest {

    private static final int SETS = 2_000;
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> QUANTITIES =
            List.of("requests-per-minute", "caller-day-tokens", "request-dollars");

    /** A limit as the model of these tests has it. */
    private record Line(String quantity, int most, String kind, String name) {
        String text() {
            return quantity + " " + most + " for " + kind + ":" + name;
        }
    }

    @Test
    void should_decide_as_the_limits_say_for_every_set_of_them_and_every_caller() {
        Random random = new Random(19);
        int decided = 0;
        for (int i = 0; i < SETS; i++) {
            List<Line> lines = new ArrayList<>();
            for (int n = random.nextInt(1, 9); n > 0; n--) {
                lines.add(new Line(
                        pick(random, QUANTITIES),
                        random.nextInt(1, 6),
                        pick(random, List.of("group", "role", "scope", "key", "subject")),
                        pick(random, NAMES)));
            }
            CallerLimits limits = limits(lines.stream().map(Line::text).toArray(String[]::new));
            for (int c = 0; c < 20; c++) {
                Identity caller = caller(random);
                Integer ofKey = random.nextInt(3) == 0 ? random.nextInt(1, 6) : null;
                for (String quantity : QUANTITIES) {
                    List<Line> about = lines.stream()
                            .filter(line -> line.quantity().equals(quantity) && isMeant(line, caller))
                            .toList();
                    Quantity asked =
                            Quantity.valueOf(quantity.toUpperCase(Locale.ROOT).replace('-', '_'));
                    assertThat(number(limits.of(asked, caller)))
                            .as("%s of %s for %s", quantity, lines, caller)
                            .isEqualTo(expected(about, null));
                    assertThat(number(limits.of(asked, caller, ofKey)))
                            .as("%s of %s for %s, whose key has %s", quantity, lines, caller, ofKey)
                            .isEqualTo(expected(about, ofKey));
                    decided += about.isEmpty() ? 0 : 1;
                }
            }
        }
        assertThat(decided).isGreaterThan(SETS);
    }

    private static Integer number(Optional<BigDecimal> found) {
        return found.map(BigDecimal::intValueExact).orElse(null);
    }

    /** The lowest of the subject's, if there is any; else of the key's with what its secret says; else of all others. */
    private static Integer expected(List<Line> about, Integer ofKey) {
        for (Set<String> level : List.of(Set.of("subject"), Set.of("key"), Set.of("group", "role", "scope"))) {
            List<Integer> numbers = new ArrayList<>();
            about.stream().filter(line -> level.contains(line.kind())).forEach(line -> numbers.add(line.most()));
            if (level.contains("key") && ofKey != null) {
                numbers.add(ofKey);
            }
            if (!numbers.isEmpty()) {
                return Collections.min(numbers);
            }
        }
        return null;
    }

    private static boolean isMeant(Line line, Identity caller) {
        return switch (line.kind()) {
            case "group" -> caller.groups().contains(line.name());
            case "role" -> caller.roles().contains(line.name());
            case "scope" -> caller.scopes().contains(line.name());
            case "key" -> line.name().equals(caller.key());
            default -> line.name().equals(caller.name());
        };
    }

    private static Identity caller(Random random) {
        return new Identity(
                "user:0:" + random.nextInt(9),
                random.nextBoolean() ? pick(random, NAMES) : null,
                random.nextBoolean() ? pick(random, NAMES) : null,
                some(random),
                some(random),
                some(random),
                Map.of(),
                null);
    }

    private static Set<String> some(Random random) {
        Set<String> some = new HashSet<>(NAMES);
        some.removeIf(name -> random.nextInt(3) > 0);
        return some;
    }

    private static String pick(Random random, List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static CallerLimits limits(String... limits) {
        return new CallerLimits(TestSettings.with("access.limits", String.join(",", limits)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5 for group:a",
                "caller-day-dollars 5",
                "caller-day-dollars 5 for everybody",
                "caller-day-dollars 5 for group:",
                "caller-day-dollars -5 for group:a",
                "caller-day-dollars five for group:a",
                "caller-day-euros 5 for group:a",
                "caller-day-tokens 2.5 for group:a",
                "requests-per-minute 0 for group:a",
                "concurrent-turns 2147483648 for group:a",
                "Request-Dollars 1 for group:a"
            })
    void should_not_start_with_what_is_no_limit(String text) {
        assertThatThrownBy(() -> limits(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("agent.access.limits: \"" + text + "\"");
    }

    @Test
    void should_read_each_quantity_under_the_name_of_its_setting() throws IOException {
        String settings = Files.readString(Project.directory().resolve("src/main/resources/agent-settings.txt"));
        Identity service = new Identity("key:a b", null, "a b", Set.of(), Set.of(), Set.of(), Map.of(), null);
        for (Quantity quantity : Quantity.values()) {
            assertThat(limits("  " + quantity + "  7 for  key:a b ").of(quantity, service))
                    .contains(BigDecimal.valueOf(7));
            assertThat(settings).containsPattern("\nagent\\.(access|budget)\\." + quantity + "\n");
        }
        assertThat(limits("caller-day-dollars 2.50 for subject:ann")
                        .of(Quantity.CALLER_DAY_DOLLARS, Identity.of("ann")))
                .contains(new BigDecimal("2.50"));
    }

    @Test
    void should_name_limits_that_are_about_nobody_or_never_decide() {
        CallerLimits limits = new CallerLimits(
                TestSettings.with(
                        "identity.known-groups",
                        "support",
                        "identity.scopes",
                        " ",
                        "access.limits",
                        "request-tokens 5 for group:suport,request-tokens 6 for group:support,request-tokens 5 for group:support,"
                                + "concurrent-turns 6 for group:support,concurrent-turns 1 for scope:a,concurrent-turns 1 for key:k"));
        assertThat(limits.findings())
                .containsExactlyInAnyOrder(
                        "A limit matches nobody, because agent.identity.known-groups has no such group: request-tokens 5 for group:suport",
                        "A limit never decides, because a lower one is for the same callers: request-tokens 6 for group:support",
                        "A limit matches nobody, because agent.identity.scopes is empty: concurrent-turns 1 for scope:a",
                        "A limit matches nobody, because agent.access.api-keys-secret is not set: concurrent-turns 1 for key:k");
    }
}
