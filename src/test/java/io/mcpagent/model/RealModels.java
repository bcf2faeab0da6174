package io.mcpagent.model;

import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfig;
import java.net.URI;

/** The models as the service makes them, for tests of other packages that have a Bedrock to talk to. */
public final class RealModels implements AutoCloseable {

    private final Timers timers = new Timers();
    private final BedrockModel bedrock;
    private final AgentConfig config;
    private final Models models;

    /** @param settings pairs of name and value */
    public RealModels(URI endpoint, String... settings) {
        SmallRyeConfig values = ModelRig.config(endpoint, settings);
        config = values.getConfigMapping(AgentConfig.class);
        bedrock = new BedrockModel(config, new BedrockRequests(new AwsAccess(values)), timers);
        models = new Models(config, bedrock, new ModelTable(config));
    }

    public AgentConfig config() {
        return config;
    }

    /** Whether an agent with these settings would not start. */
    public boolean refused() {
        try {
            RefusedSettings.check(config.model(), row());
            return false;
        } catch (ConfigurationException e) {
            return true;
        }
    }

    /** The row of the model that is asked first. */
    public ModelRow row() {
        return new ModelTable(config).row(config.model().id());
    }

    public Model models() {
        return models;
    }

    @Override
    public void close() {
        bedrock.close();
        timers.close();
    }
}
