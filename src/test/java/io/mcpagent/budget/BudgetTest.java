package io.mcpagent.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.budget.BudgetExceededException.Limit;
import io.mcpagent.conversation.MovableClock;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.model.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BudgetTest {

    private final MovableClock clock = new MovableClock(Instant.parse("2026-11-22T23:00:00Z"));
    private final Ledger ledger = new MemoryLedger(clock, Set::of);

    private Budget budget(String... settings) {
        return new Budget(Settings.with(settings), ledger, clock);
    }

    /** Fails as soon as it is asked anything. */
    private static final class NoLedger implements Ledger {
        @Override
        public Optional<Refusal> reserve(String id, Amount amount, List<BudgetAccount> accounts) {
            throw new StoreUnavailableException("down");
        }

        @Override
        public void settle(String id, Amount reserved, Amount used, List<BudgetAccount> accounts) {
            throw new StoreUnavailableException("down");
        }

        @Override
        public Amount balance(String account) {
            throw new StoreUnavailableException("down");
        }
    }

    @Test
    void should_count_each_kind_of_token_at_its_own_price() {
        Meter meter = budget().open("ann", "c");
        meter.reserve(2_000, 500).settle(Settings.MODEL, new Usage(1_000, 200, 10_000, 400));
        // 1000 × 3 + 200 × 15 + 10000 × 0.30 + 400 × 3.75 micro-dollars
        assertEquals(new BigDecimal("0.010500"), meter.receipt(0, 0).dollars());
        meter.reserve(2_000, 500).settle(Settings.FALLBACK, new Usage(1_000, 200, 0, 0));
        assertEquals(
                new Receipt(2, new Usage(2_000, 400, 10_000, 400), new BigDecimal("0.012500"), 3, 77),
                meter.receipt(3, 77));
    }

    @Test
    void should_let_the_longest_matching_key_decide() {
        Budget budget = budget(
                "model.prices.\"claude\".input",
                "100",
                "model.prices.\"claude\".output",
                "100",
                "model.prices.\"claude\".cache-read",
                "100",
                "model.prices.\"claude\".cache-write",
                "100",
                "model.id",
                "eu.claude-x");
        assertEquals(Optional.of(3_000L), budget.prices().cost(Settings.MODEL, new Usage(1_000, 0, 0, 0)));
        assertEquals(Optional.of(100_000L), budget.prices().cost("eu.claude-x", new Usage(1_000, 0, 0, 0)));
        assertEquals(Optional.empty(), budget.prices().cost("amazon.nova", new Usage(1_000, 0, 0, 0)));
    }

    @Test
    void should_show_no_dollars_when_a_model_has_no_price() {
        Meter meter = budget("model.id", "amazon.nova").open("ann", "c");
        meter.reserve(10, 10).settle("amazon.nova", new Usage(10, 5, 0, 0));
        assertNull(meter.receipt(0, 0).dollars());
        assertEquals(15, meter.receipt(0, 0).usage().total());
    }

    @Test
    void should_refuse_to_start_when_a_limit_in_dollars_could_not_be_kept() {
        assertTrue(assertThrows(
                        IllegalArgumentException.class,
                        () -> budget("model.id", "amazon.nova", "budget.request-dollars", "1"))
                .getMessage()
                .contains("amazon.nova"));
        assertThrows(
                IllegalArgumentException.class,
                () -> budget("model.fallback-id", "amazon.nova", "budget.conversation-dollars", "1"));
        assertThrows(IllegalArgumentException.class, () -> budget("budget.request-tokens", "-1"));
        budget("model.id", "amazon.nova", "budget.request-tokens", "1");
    }

    @Test
    void should_not_ask_the_ledger_without_a_limit_that_needs_it() {
        Budget budget = new Budget(
                Settings.with("budget.request-dollars", "1", "budget.request-tokens", "10000"), new NoLedger(), clock);
        Meter meter = budget.open("ann", "c");
        meter.reserve(10, 10).settle(Settings.MODEL, new Usage(10, 10, 0, 0));
        Budget limited = new Budget(Settings.with("budget.caller-day-tokens", "10000"), new NoLedger(), clock);
        assertThrows(
                StoreUnavailableException.class, () -> limited.open("ann", "c").reserve(10, 10));
    }

    @Test
    void should_hold_the_limits_of_a_request() {
        Meter tokens = budget("budget.request-tokens", "1000").open("ann", "c");
        tokens.reserve(500, 400).settle(Settings.MODEL, new Usage(100, 100, 700, 0));
        BudgetExceededException exceeded = assertThrows(BudgetExceededException.class, () -> tokens.reserve(50, 51));
        assertEquals(Limit.REQUEST_TOKENS, exceeded.limit());
        assertEquals("agent.budget.request-tokens", exceeded.limit().setting());
        assertEquals(Optional.empty(), exceeded.retryAfter());
        tokens.reserve(50, 50).cancel();

        Meter dollars = budget("budget.request-dollars", "0.01").open("ann", "c");
        // 1000 × 3.75 + 416 × 15 = 9990; the limit is 10000 micro-dollars
        Meter.Reservation reservation = dollars.reserve(1_000, 416);
        assertEquals(
                Limit.REQUEST_DOLLARS,
                assertThrows(BudgetExceededException.class, () -> dollars.reserve(1, 1))
                        .limit());
        reservation.settle(Settings.MODEL, new Usage(1_000, 0, 0, 0));
        dollars.reserve(1_000, 200);
    }

    @Test
    void should_count_what_a_turn_cost_before_it_waited_for_approval() {
        Budget budget = budget("budget.request-tokens", "1000");
        Meter before = budget.open("ann", "c");
        before.reserve(500, 400).settle(Settings.MODEL, new Usage(700, 100, 0, 0));
        Meter after = budget.open("ann", "c", before.receipt(1, 5));
        assertEquals(before.receipt(1, 5), after.receipt(1, 5));
        assertThrows(BudgetExceededException.class, () -> after.reserve(150, 51));
        after.reserve(150, 50).settle(Settings.MODEL, new Usage(1, 1, 0, 0));
        assertEquals(2, after.receipt(1, 5).modelCalls());
        assertEquals(802, after.receipt(1, 5).usage().total());
    }

    @Test
    void should_hold_the_day_of_a_caller_until_midnight_utc() {
        Budget budget = budget("budget.caller-day-tokens", "1000");
        budget.open("ann", "c1").reserve(500, 400).settle(Settings.MODEL, new Usage(900, 0, 0, 0));
        BudgetExceededException exceeded = assertThrows(
                BudgetExceededException.class, () -> budget.open("ann", "c2").reserve(50, 51));
        assertEquals(Limit.CALLER_DAY_TOKENS, exceeded.limit());
        assertEquals(Optional.of(Duration.ofHours(1)), exceeded.retryAfter());
        Meter.Reservation overMidnight = budget.open("ann", "c2").reserve(50, 50);
        budget.open("bob", "c1").reserve(500, 500);
        clock.advance(Duration.ofHours(1));
        Meter.Reservation today = budget.open("ann", "c3").reserve(500, 500);
        overMidnight.settle(Settings.MODEL, Usage.NONE);
        assertThrows(
                BudgetExceededException.class, () -> budget.open("ann", "c3").reserve(1, 0));
        today.cancel();
        budget.open("ann", "c3").reserve(500, 500);
    }

    @Test
    void should_hold_the_limits_of_a_conversation_over_its_days() {
        Budget budget = budget("budget.conversation-dollars", "0.001");
        budget.open("ann", "c").reserve(0, 60).settle(Settings.MODEL, new Usage(0, 60, 0, 0));
        clock.advance(Duration.ofDays(2));
        BudgetExceededException exceeded = assertThrows(
                BudgetExceededException.class, () -> budget.open("ann", "c").reserve(0, 7));
        assertEquals(Limit.CONVERSATION_DOLLARS, exceeded.limit());
        assertEquals(Optional.empty(), exceeded.retryAfter());
        budget.open("ann", "other").reserve(0, 7);
        budget.open("bob", "c").reserve(0, 7);
    }

    @Test
    void should_hold_the_limit_of_a_conversation_that_is_not_stored_without_an_account() {
        Budget budget = new Budget(Settings.with("budget.conversation-tokens", "100"), new NoLedger(), clock);
        Meter meter = budget.open("ann", null);
        meter.reserve(30, 30).settle(Settings.MODEL, new Usage(30, 30, 0, 0));
        assertEquals(
                Limit.CONVERSATION_TOKENS,
                assertThrows(BudgetExceededException.class, () -> meter.reserve(30, 11))
                        .limit());
        meter.reserve(30, 10).cancel();
        budget.open("ann", null).reserve(50, 50);
    }

    @Test
    void should_reserve_for_the_dearest_model_that_may_answer() {
        Budget budget = budget(
                "model.id", Settings.FALLBACK, "model.fallback-id", Settings.MODEL, "budget.request-dollars", "0.001");
        assertThrows(
                BudgetExceededException.class, () -> budget.open("ann", "c").reserve(0, 67));
        budget.open("ann", "c").reserve(0, 66);
    }

    @Test
    void should_end_a_reservation_once_only() {
        Budget budget = budget("budget.caller-day-tokens", "1000");
        Meter meter = budget.open("ann", "c");
        Meter.Reservation reservation = meter.reserve(500, 500);
        reservation.settleUnknown(Settings.MODEL, 20);
        reservation.settle(Settings.MODEL, new Usage(1, 1, 1, 1));
        reservation.cancel();
        assertEquals(new Usage(500, 20, 0, 0), meter.receipt(0, 0).usage());
        assertThrows(BudgetExceededException.class, () -> meter.reserve(0, 481));
        meter.reserve(0, 480);
    }

    @Test
    void should_not_lose_an_answer_because_the_ledger_fails_after_it() {
        AtomicInteger settles = new AtomicInteger();
        Ledger failing = new Ledger() {
            @Override
            public Optional<Refusal> reserve(String id, Amount amount, List<BudgetAccount> accounts) {
                return Optional.empty();
            }

            @Override
            public void settle(String id, Amount reserved, Amount used, List<BudgetAccount> accounts) {
                settles.incrementAndGet();
                throw new StoreUnavailableException("down");
            }

            @Override
            public Amount balance(String account) {
                return Amount.ZERO;
            }
        };
        Meter meter = new Budget(Settings.with("budget.caller-day-tokens", "1000"), failing, clock).open("ann", "c");
        meter.reserve(10, 10).settle(Settings.MODEL, new Usage(10, 2, 0, 0));
        assertEquals(1, settles.get());
        assertEquals(12, meter.receipt(0, 0).usage().total());
    }

    @Test
    void should_not_overspend_with_two_hundred_turns_at_the_limit() throws Exception {
        Budget budget = budget("budget.caller-day-dollars", "0.05");
        AtomicInteger calls = new AtomicInteger();
        LedgerContract.together(200, i -> {
            Meter meter = budget.open("ann", "c" + i);
            try {
                for (int step = 0; step < 3; step++) {
                    Meter.Reservation reservation = meter.reserve(0, 100);
                    calls.incrementAndGet();
                    reservation.settle(Settings.MODEL, new Usage(0, 100, 0, 0));
                }
            } catch (BudgetExceededException expected) {
                assertEquals(Limit.CALLER_DAY_DOLLARS, expected.limit());
            }
        });
        // 100 × 15 = 1500 micro-dollars a call: 33 calls fit into 50000.
        assertEquals(33, calls.get());
    }
}
