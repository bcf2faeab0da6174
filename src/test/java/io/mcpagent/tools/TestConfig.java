package io.mcpagent.tools;

import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.Identities;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;

/** The agent's configuration without Quarkus. */
final class TestConfig {

    private TestConfig() {}

    /** The defaults, with some settings below {@code agent.tools}: name, value, name, value… */
    static AgentConfig with(Object... toolSettings) {
        Map<String, String> settings = new HashMap<>();
        for (int i = 0; i < toolSettings.length; i += 2) {
            settings.put("agent.tools." + toolSettings[i], toolSettings[i + 1].toString());
        }
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withMapping(AgentConfig.class)
                .withSources(new PropertiesConfigSource(settings, "test", 1_000))
                .build()
                .getConfigMapping(AgentConfig.class);
    }

    static McpToolbox toolbox(Object... toolSettings) {
        AgentConfig config = with(toolSettings);
        return new McpToolbox(config, new ConfiguredToolPolicy(config), new Identities(config), new Timers());
    }
}
