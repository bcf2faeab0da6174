package io.mcpagent.telemetry;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Telemetry is on where somebody said where it goes, and off otherwise: Quarkus would send it to a port of this machine, and complain without end
 * that nobody is there. Whatever sets {@code quarkus.otel.sdk.disabled} overrides this.
 */
public final class Switch implements ConfigSourceFactory {

    private static final List<String> ENDPOINTS = Stream.of("", ".traces", ".metrics")
            .map(signal -> "quarkus.otel.exporter.otlp" + signal + ".endpoint")
            .toList();
    private static final String DISABLED = "quarkus.otel.sdk.disabled";
    /** Below everything that people set, above the defaults. */
    private static final int ORDINAL = 50;

    /**
     * Call it before Quarkus starts: a native executable does not see the environment in {@link #getConfigSources} (seen with Quarkus 3.34), so where an
     * endpoint is in the environment or in the system's properties, a property says it instead.
     */
    public static void beforeStart() {
        if (value(DISABLED) == null
                && ENDPOINTS.stream().map(Switch::value).anyMatch(value -> value != null && !value.isBlank())) {
            System.setProperty(DISABLED, "false");
        }
    }

    private static String value(String name) {
        String variable = name.replace('.', '_').toUpperCase(Locale.ROOT);
        return System.getProperty(name, System.getenv(variable));
    }

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        return List.of(new PropertiesConfigSource(settings(context), "telemetry", ORDINAL));
    }

    private static Map<String, String> settings(ConfigSourceContext context) {
        // Said in either case: what is decided while the agent is built stays its default.
        if (ENDPOINTS.stream().anyMatch(name -> isSet(context.getValue(name)))) {
            return Map.of(DISABLED, "false");
        }
        // Dev mode's own page shows the spans; a blank endpoint is one to which nothing is sent.
        return context.getProfiles().contains("dev")
                ? Map.of(DISABLED, "false", "quarkus.otel.exporter.otlp.endpoint", " ")
                : Map.of(DISABLED, "true");
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(ORDINAL);
    }

    private static boolean isSet(ConfigValue value) {
        // Quarkus' own default is a value, too, but from a source below all that people set.
        return value != null
                && value.getConfigSourceOrdinal() > ORDINAL
                && value.getValue() != null
                && !value.getValue().isBlank();
    }
}
