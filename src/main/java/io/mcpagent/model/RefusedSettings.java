package io.mcpagent.model;

import io.mcpagent.config.AgentConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;

/**
 * Settings that the model would refuse with each question fail the start. The fallback gets of them what it takes: it is asked with a body of its
 * own.
 */
@Singleton
final class RefusedSettings {

    /** After the ranges of settings, which hold for any model. */
    private static final int SECOND = 2;

    private final AgentConfig.ModelSettings model;
    private final ModelRow row;

    RefusedSettings(AgentConfig config, ModelTable table) {
        this.model = config.model();
        this.row = table.row(config.model().id());
    }

    void check(@Observes @Priority(SECOND) StartupEvent event) {
        check(model, row);
    }

    /** @throws ConfigurationException for the first setting that this model refuses, with what to set instead */
    static void check(AgentConfig.ModelSettings model, ModelRow row) {
        String name = row.known()
                ? row.match()
                : model.id() + " (which is not in the table of models: describe it in agent.model.rows)";
        boolean budget = row.thinking() == ModelRow.Thinking.BUDGET;
        model.temperature().ifPresent(_ -> {
            refuse(!row.sampling(), "agent.model.temperature", name + " takes none: leave it out");
            refuse(
                    budget && model.reasoningTokens().isPresent(),
                    "agent.model.temperature",
                    name + " takes none while it thinks: leave it out, or agent.model.reasoning-tokens");
        });
        model.reasoningTokens()
                .ifPresent(_ -> refuse(
                        !budget,
                        "agent.model.reasoning-tokens",
                        row.efforts().isEmpty()
                                ? name + " takes none: leave it out"
                                : name + " takes no number of tokens: set agent.model.effort to one of "
                                        + String.join(", ", row.efforts())));
        model.effort()
                .map(effort -> effort.name().toLowerCase(Locale.ROOT))
                .ifPresent(effort -> refuse(
                        !row.efforts().contains(effort),
                        "agent.model.effort",
                        name + " does not take " + effort + ": "
                                + (row.efforts().isEmpty()
                                        ? budget ? "set agent.model.reasoning-tokens instead" : "leave it out"
                                        : "set one of " + String.join(", ", row.efforts()))));
        refuse(
                row.known() && model.maxTokens() > row.largestOutput(),
                "agent.model.max-tokens",
                name + " writes at most " + row.largestOutput());
        boolean hour = model.cacheTtl().equals(ModelTable.HOUR);
        refuse(
                !hour && !model.cacheTtl().equals(ModelTable.FIVE_MINUTES),
                "agent.model.cache-ttl",
                "it must be 5m or 1h");
        refuse(
                hour && model.promptCache() && !row.cacheTtls().contains("1h"),
                "agent.model.cache-ttl",
                name + " keeps its cache for 5m at most");
    }

    private static void refuse(boolean wrong, String setting, String why) {
        if (wrong) {
            throw new ConfigurationException(setting + " can't be kept: " + why + ".");
        }
    }
}
