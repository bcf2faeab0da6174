package io.mcpagent.budget;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.DynamoTable;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** Makes the budget, with the ledger beside the conversations: limits hold over all tasks when the conversations are shared. */
@Singleton
final class BudgetProducer {

    @Produces
    @Singleton
    Budget budget(AgentConfig config, DynamoTable table) {
        InstantSource clock = InstantSource.system();
        return new Budget(
                config,
                switch (config.conversation().store()) {
                    case MEMORY -> new MemoryLedger(clock);
                    case DYNAMODB -> new DynamoLedger(table, clock);
                },
                clock);
    }

    /** Makes the budget at once, so that limits which can't be kept fail the start and not a request. */
    void start(@Observes StartupEvent event, Budget budget) {}
}
