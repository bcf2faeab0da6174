package io.mcpagent.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many traces are recorded where nobody has said how many: the {@code application.properties} that is packaged, without this machine's environment. */
class SamplingTest {

    @ParameterizedTest
    @CsvSource({"prod, 0.1", "dev, 1.0"})
    void should_record_a_tenth_of_the_traces_that_begin_here_and_all_in_dev_mode(String profile, double part)
            throws IOException {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withProfile(profile)
                .withSources(new PropertiesConfigSource(SamplingTest.class.getResource("/application.properties"), 250))
                .build();
        assertEquals(part, config.getValue("quarkus.otel.traces.sampler.arg", Double.class));
        assertEquals(
                "parentbased_traceidratio",
                config.getValue("quarkus.otel.traces.sampler", String.class),
                "a caller's decision stands");
    }
}
