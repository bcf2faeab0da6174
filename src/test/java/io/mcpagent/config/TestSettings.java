package io.mcpagent.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;

/** The agent's settings as they come out of the real mapping, without Quarkus. */
public final class TestSettings {

    private TestSettings() {}

    /** The defaults, and settings below {@code agent} as pairs of name and value. */
    public static AgentConfig with(String... pairs) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            values.put("agent." + pairs[i], pairs[i + 1]);
        }
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withConverter(MemorySize.class, 100, new MemorySizeConverter())
                .withMapping(AgentConfig.class)
                .withDefaultValues(values)
                .build()
                .getConfigMapping(AgentConfig.class);
    }
}
