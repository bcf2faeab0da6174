package io.mcpagent.budget;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.ConversationStore;
import io.mcpagent.conversation.DynamoTable;
import io.mcpagent.identity.CallerLimits;
import io.mcpagent.model.ModelTable;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;

/** Makes the budget, with the ledger beside the conversations: limits hold over all tasks when the conversations are shared. */
@Singleton
final class BudgetProducer {

    @Produces
    @Singleton
    Budget budget(
            AgentConfig config,
            CallerLimits own,
            ModelTable models,
            DynamoTable table,
            ConversationStore store,
            MoneyAlarms alarms) {
        InstantSource clock = InstantSource.system();
        return new Budget(
                config,
                own,
                models,
                switch (config.conversation().store()) {
                    case MEMORY -> new MemoryLedger(clock, () -> accounts(store));
                    case DYNAMODB -> new DynamoLedger(table, clock);
                },
                alarms,
                clock);
    }

    /** The accounts of the conversations that there are. */
    private static Set<String> accounts(ConversationStore store) {
        Set<String> accounts = new HashSet<>();
        store.forEachInMemory((owner, id) -> accounts.add(Scope.CONVERSATION.account("", owner, id)));
        return accounts;
    }

    /** Makes the budget at once, so that limits which can't be kept fail the start and not a request. */
    void start(@Observes StartupEvent event, Budget budget) {}
}
