package io.mcpagent.budget;

import io.mcpagent.config.AgentConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;

/** Settings as they come out of the real mapping. */
final class Settings {

    static final String MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    static final String FALLBACK = "us.anthropic.claude-haiku-4-5-20251001-v1:0";

    private Settings() {}

    /** Prices as published for two models, and more settings as pairs of key and value. */
    static AgentConfig with(String... pairs) {
        Map<String, String> values = new HashMap<>();
        price(values, "claude-sonnet-4-5", "3", "15", "0.30", "3.75");
        price(values, "claude-haiku-4-5", "1", "5", "0.10", "1.25");
        values.put("agent.model.id", MODEL);
        for (int i = 0; i < pairs.length; i += 2) {
            values.put("agent." + pairs[i], pairs[i + 1]);
        }
        return new SmallRyeConfigBuilder()
                .withMapping(AgentConfig.class)
                .withDefaultValues(values)
                .withConverter(
                        io.quarkus.runtime.configuration.MemorySize.class,
                        100,
                        new io.quarkus.runtime.configuration.MemorySizeConverter())
                .addDiscoveredConverters()
                .build()
                .getConfigMapping(AgentConfig.class);
    }

    private static void price(Map<String, String> values, String model, String... dollars) {
        String[] kinds = {"input", "output", "cache-read", "cache-write"};
        for (int i = 0; i < kinds.length; i++) {
            values.put("agent.model.prices.\"" + model + "\"." + kinds[i], dollars[i]);
        }
    }
}
