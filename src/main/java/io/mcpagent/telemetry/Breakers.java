package io.mcpagent.telemetry;

import io.mcpagent.base.Breaker;
import io.mcpagent.model.ModelLifetimes;
import io.mcpagent.model.Models;
import io.mcpagent.tools.McpToolbox;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.stream.Stream;

/** Says how many breakers keep requests from a model or from the tool server, and how long the models last. */
@Singleton
final class Breakers {

    private final OpenTelemetry telemetry;
    private final Models models;
    private final ModelLifetimes lifetimes;
    private final McpToolbox toolbox;

    Breakers(OpenTelemetry telemetry, Models models, ModelLifetimes lifetimes, McpToolbox toolbox) {
        this.telemetry = telemetry;
        this.models = models;
        this.lifetimes = lifetimes;
        this.toolbox = toolbox;
    }

    void watch(@Observes StartupEvent event) {
        telemetry
                .getMeter(Meters.SCOPE)
                .gaugeBuilder("agent.breaker.open")
                .ofLongs()
                .setUnit("{breaker}")
                .setDescription("Breakers of models and of the tool server that are not closed")
                .buildWithCallback(now -> now.record(open()));
        telemetry
                .getMeter(Meters.SCOPE)
                .gaugeBuilder("agent.model.days_left")
                .ofLongs()
                .setUnit("d")
                .setDescription("Days until the first of the models ends; nothing if no end is known")
                .buildWithCallback(now -> lifetimes.daysLeft().ifPresent(now::record));
    }

    private long open() {
        return Stream.concat(models.breakers().values().stream(), Stream.of(toolbox.breaker()))
                .filter(state -> state != Breaker.BreakerState.CLOSED)
                .count();
    }
}
