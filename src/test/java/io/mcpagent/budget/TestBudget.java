package io.mcpagent.budget;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.CallerLimits;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.ModelTable;
import java.time.InstantSource;
import java.util.Set;

/** Budgets as the service makes them, for tests of other packages. */
public final class TestBudget {

    private TestBudget() {}

    /** What a caller's limit of today holds. */
    public static Ledger.Amount today(Budget budget, String subject) {
        return budget.ledger()
                .balance(budget.accounts(Identity.of(subject), null).getFirst().name());
    }

    /** One whose ledger is in memory. */
    public static Budget of(AgentConfig config, MoneyAlarms alarms) {
        InstantSource clock = InstantSource.system();
        return new Budget(
                config,
                new CallerLimits(config),
                new ModelTable(config),
                new MemoryLedger(clock, Set::of),
                alarms,
                clock);
    }
}
