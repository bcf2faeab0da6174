package io.mcpagent.app;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.CallerLimits;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.ModelLifetimes;
import io.mcpagent.model.Models;
import io.mcpagent.tools.ConfiguredToolPolicy;
import io.mcpagent.tools.McpToolbox;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.health.api.Wellness;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Says how the agent's dependencies are, as data of {@code /health}. It is always UP: an agent without tools or model still answers, and says
 * so; were it taken out of the load balancer for that, one outage would take out every instance. Nothing is asked here: toolbox and model are
 * watched where they are used.
 */
@Singleton
final class DependencyHealth {

    private static final Duration FIRST_LIST = Duration.ofSeconds(10);

    private final McpToolbox toolbox;
    private final ConfiguredToolPolicy policy;
    private final CallerLimits limits;
    private final Models models;
    private final ModelLifetimes lifetimes;

    DependencyHealth(
            McpToolbox toolbox,
            ConfiguredToolPolicy policy,
            CallerLimits limits,
            Models models,
            ModelLifetimes lifetimes) {
        this.toolbox = toolbox;
        this.policy = policy;
        this.limits = limits;
        this.models = models;
        this.lifetimes = lifetimes;
    }

    /** Looks for the tools once, beside the start, so that their state is known before anybody asks, and the first turn finds them listed. */
    void watch(@Observes StartupEvent event) {
        Thread.ofVirtual().name("first-tool-list").start(() -> {
            try {
                toolbox.catalog(Identity.ANONYMOUS, Deadline.in(FIRST_LIST));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Produces
    @Wellness
    HealthCheck toolbox() {
        return () -> {
            HealthCheckResponseBuilder response = HealthCheckResponse.named("toolbox")
                    .up()
                    .withData("state", toolbox.isAvailable() ? "available" : "unavailable");
            List<String> leftOut = toolbox.leftOut();
            return (leftOut.isEmpty() ? response : response.withData("leftOut", String.join(", ", leftOut))).build();
        };
    }

    /** How many of the rules about tools and limits seem to be wrong. Which, the log says: they name people, and everybody may read this. */
    @Produces
    @Wellness
    HealthCheck policy() {
        return () -> {
            HealthCheckResponseBuilder response =
                    HealthCheckResponse.named("policy").up();
            int wrong = policy.findings().size() + limits.findings().size();
            return (wrong == 0 ? response : response.withData("doubtfulRules", wrong)).build();
        };
    }

    @Produces
    @Wellness
    HealthCheck model() {
        return () -> {
            HealthCheckResponseBuilder response =
                    HealthCheckResponse.named("model").up();
            models.breakers()
                    .forEach((id, state) -> response.withData(
                            id,
                            switch (state) {
                                case CLOSED -> "available";
                                case HALF_OPEN -> "being tried";
                                case OPEN -> "unavailable";
                            }));
            models.troubles().forEach((id, trouble) -> response.withData(id + " can't be asked", trouble));
            lifetimes.ends().forEach((id, end) -> response.withData(id + " ends", end));
            return response.build();
        };
    }
}
