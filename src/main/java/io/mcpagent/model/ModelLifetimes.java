package io.mcpagent.model;

import io.mcpagent.config.AgentConfig;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** When the models of this agent end, as far as the table knows. Safe for use by many threads. */
@Singleton
public final class ModelLifetimes {

    private static final Logger LOG = Logger.getLogger(ModelLifetimes.class);
    private static final int NEAR_DAYS = 90;

    private final Map<String, ModelRow> ending = new LinkedHashMap<>();
    private final InstantSource clock;

    @Inject
    ModelLifetimes(AgentConfig config, ModelTable table) {
        this(config, table, InstantSource.system());
    }

    ModelLifetimes(AgentConfig config, ModelTable table, InstantSource clock) {
        this.clock = clock;
        Stream.of(
                        Optional.of(config.model().id()),
                        config.model().fallbackId(),
                        config.model().summaryId())
                .flatMap(Optional::stream)
                .filter(id -> table.row(id).endOfLife() != null)
                .forEach(id -> ending.put(id, table.row(id)));
    }

    void warn(@Observes StartupEvent event) {
        ends().forEach((id, end) -> LOG.warnf("%s: %s. Set agent.model.id to another model.", id, end));
    }

    /** What ends soon or has ended, by model id: a sentence. */
    public Map<String, String> ends() {
        Map<String, String> ends = new LinkedHashMap<>();
        ending.forEach((id, row) -> {
            long days = daysLeft(row);
            if (days <= NEAR_DAYS) {
                String by = "Bedrock".equals(row.endOfLifeBy())
                        ? "by Bedrock's list"
                        : "at " + row.endOfLifeBy() + "; Bedrock's own date stands on its model card";
                ends.put(id, (days < 0 ? "ended on " : "ends on ") + row.endOfLife() + " " + by);
            }
        });
        return ends;
    }

    /** How many days the model that ends first has left, negative after its end; nothing if no end is known. */
    public OptionalLong daysLeft() {
        return ending.values().stream().mapToLong(this::daysLeft).min();
    }

    private long daysLeft(ModelRow row) {
        return ChronoUnit.DAYS.between(LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC), row.endOfLife());
    }
}
