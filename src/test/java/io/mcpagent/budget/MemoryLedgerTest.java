package io.mcpagent.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MemoryLedgerTest extends LedgerContract {

    @Override
    Ledger makeLedger() {
        return new MemoryLedger(clock, Set::of);
    }

    @Override
    int reservations() {
        return 10_000;
    }

    @Test
    void should_sweep_out_what_has_expired() {
        MemoryLedger swept = new MemoryLedger(clock, Set::of);
        for (int i = 0; i < 1_024; i++) {
            swept.reserve("r" + i, new Ledger.Amount(1, 1), List.of(account("a" + i, 10, 10)));
        }
        assertEquals(1_024, swept.size());
        clock.advance(Duration.ofDays(2));
        swept.reserve("r", new Ledger.Amount(1, 1), List.of(account("new", 10, 10)));
        assertEquals(1, swept.size());
    }

    @Test
    void should_forget_the_balances_of_conversations_that_are_gone_but_not_of_calls_that_run() {
        String there = Scope.CONVERSATION.account("", "ann", "there");
        String running = Scope.CONVERSATION.account("", "ann", "running");
        MemoryLedger swept = new MemoryLedger(clock, () -> Set.of(there));
        Ledger.Amount one = new Ledger.Amount(1, 1);
        for (int i = 0; i < 10_000; i++) {
            List<Ledger.BudgetAccount> accounts =
                    List.of(account(Scope.CONVERSATION.account("", "ann", "c" + i), 10, 10));
            if (i == 100) {
                accounts = List.of(account(there, 10, 10), account("day#ann", 10, 10));
            }
            swept.reserve("r" + i, one, i == 200 ? List.of(account(running, 10, 10)) : accounts);
            if (i != 200) {
                swept.settle("r" + i, one, one, accounts);
            }
        }
        assertTrue(swept.size() <= 1_024, swept.size() + " accounts");
        assertEquals(one, swept.balance(there));
        assertEquals(one, swept.balance("day#ann"));
        assertEquals(one, swept.balance(running));
    }
}
