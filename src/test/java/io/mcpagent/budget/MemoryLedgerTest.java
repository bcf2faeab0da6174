package io.mcpagent.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryLedgerTest extends LedgerContract {

    @Override
    Ledger makeLedger() {
        return new MemoryLedger(clock);
    }

    @Override
    int reservations() {
        return 10_000;
    }

    @Test
    void should_sweep_out_what_has_expired() {
        MemoryLedger swept = new MemoryLedger(clock);
        for (int i = 0; i < 1_024; i++) {
            swept.reserve("r" + i, new Ledger.Amount(1, 1), List.of(account("a" + i, 10, 10)));
        }
        assertEquals(1_024, swept.size());
        clock.advance(Duration.ofDays(2));
        swept.reserve("r", new Ledger.Amount(1, 1), List.of(account("new", 10, 10)));
        assertEquals(1, swept.size());
    }
}
