package io.mcpagent.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.budget.Ledger.Amount;
import io.mcpagent.budget.Ledger.BudgetAccount;
import io.mcpagent.budget.Ledger.Refusal;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.MovableClock;
import io.mcpagent.identity.CallerLimits;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.ModelTable;
import io.mcpagent.model.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every ledger has to keep. */
abstract class LedgerContract {

    private static final long NONE = Long.MAX_VALUE;

    final MovableClock clock = MovableClock.atNow();
    Ledger ledger;

    abstract Ledger makeLedger();

    /** How many reservations the history checker makes. */
    abstract int reservations();

    @BeforeEach
    void begin() {
        ledger = makeLedger();
    }

    BudgetAccount account(String name, long dollars, long tokens) {
        return new BudgetAccount(
                name, new Amount(dollars, tokens), clock.instant().plus(Duration.ofDays(1)));
    }

    @Test
    void should_count_what_is_reserved_and_then_what_was_used() {
        List<BudgetAccount> accounts = List.of(account("a", 100, NONE), account("b", NONE, 100));
        assertEquals(Optional.empty(), ledger.reserve("r1", new Amount(60, 50), accounts));
        assertEquals(new Amount(60, 50), ledger.balance("a"));
        assertEquals(new Amount(60, 50), ledger.balance("b"));
        ledger.settle("r1", new Amount(60, 50), new Amount(7, 3), accounts);
        assertEquals(new Amount(7, 3), ledger.balance("a"));
        assertEquals(new Amount(7, 3), ledger.balance("b"));
        assertEquals(Amount.ZERO, ledger.balance("never used"));
    }

    @Test
    void should_add_to_all_accounts_or_to_none() {
        BudgetAccount wide = account("wide", 1000, 1000);
        BudgetAccount narrow = account("narrow", 1000, 10);
        assertEquals(
                Optional.of(new Refusal("narrow", false)),
                ledger.reserve("r1", new Amount(5, 11), List.of(wide, narrow)));
        assertEquals(Amount.ZERO, ledger.balance("wide"));
        assertEquals(Optional.empty(), ledger.reserve("r2", new Amount(5, 10), List.of(wide, narrow)));
        assertEquals(
                Optional.of(new Refusal("narrow", false)),
                ledger.reserve("r3", new Amount(1, 1), List.of(wide, narrow)));
        assertEquals(new Amount(5, 10), ledger.balance("wide"));
    }

    @Test
    void should_say_which_limit_is_reached() {
        BudgetAccount account = account("a", 10, 10);
        assertEquals(Optional.of(new Refusal("a", true)), ledger.reserve("r1", new Amount(11, 1), List.of(account)));
        assertEquals(Optional.empty(), ledger.reserve("r2", new Amount(10, 9), List.of(account)));
        assertEquals(Optional.of(new Refusal("a", true)), ledger.reserve("r3", new Amount(1, 1), List.of(account)));
        assertEquals(Optional.of(new Refusal("a", false)), ledger.reserve("r4", new Amount(0, 2), List.of(account)));
        assertEquals(Optional.empty(), ledger.reserve("r5", new Amount(0, 1), List.of(account)));
    }

    @Test
    void should_count_a_repeated_reservation_and_a_repeated_settlement_once() {
        List<BudgetAccount> one = List.of(account("a", 100, 100));
        List<BudgetAccount> two = List.of(account("a", 100, 100), account("b", 100, 100));
        for (List<BudgetAccount> accounts : List.of(one, two)) {
            for (int i = 0; i < 3; i++) {
                assertEquals(Optional.empty(), ledger.reserve("r" + accounts.size(), new Amount(40, 40), accounts));
            }
            assertEquals(new Amount(40, 40), ledger.balance("a"));
            for (int i = 0; i < 3; i++) {
                ledger.settle("r" + accounts.size(), new Amount(40, 40), Amount.ZERO, accounts);
            }
            assertEquals(Amount.ZERO, ledger.balance("a"));
        }
        assertEquals(Amount.ZERO, ledger.balance("b"));
        ledger.settle("never reserved", new Amount(40, 40), new Amount(1, 1), one);
        assertEquals(Amount.ZERO, ledger.balance("a"));
    }

    @Test
    void should_count_more_than_was_reserved_whatever_the_limit() {
        List<BudgetAccount> accounts = List.of(account("a", 10, 10));
        ledger.reserve("r1", new Amount(10, 10), accounts);
        ledger.settle("r1", new Amount(10, 10), new Amount(15, 12), accounts);
        assertEquals(new Amount(15, 12), ledger.balance("a"));
        assertTrue(ledger.reserve("r2", Amount.ZERO, accounts).isPresent());
    }

    @Test
    void should_forget_an_account_when_its_time_is_over() {
        List<BudgetAccount> accounts = List.of(account("a", 10, 10), account("b", 20, 20));
        ledger.reserve("r1", new Amount(10, 10), accounts);
        clock.advance(Duration.ofDays(1).plusSeconds(1));
        assertEquals(Amount.ZERO, ledger.balance("a"));
        List<BudgetAccount> later = List.of(account("a", 10, 10), account("b", 20, 20));
        assertEquals(Optional.empty(), ledger.reserve("r2", new Amount(9, 9), later));
        ledger.settle("r1", new Amount(10, 10), Amount.ZERO, accounts);
        assertEquals(new Amount(9, 9), ledger.balance("a"));
        assertEquals(Optional.empty(), ledger.reserve("r3", new Amount(1, 1), List.of(later.getFirst())));
        assertEquals(new Amount(9, 9), ledger.balance("b"));
    }

    @Test
    void should_never_pass_the_limit_when_two_hundred_reserve_at_once() throws Exception {
        for (List<BudgetAccount> accounts : List.of(
                List.of(account("alone", 1_000, NONE)),
                List.of(account("both", 1_000, NONE), account("other", NONE, NONE)))) {
            AtomicInteger reserved = new AtomicInteger();
            together(200, i -> {
                if (ledger.reserve(UUID.randomUUID().toString(), new Amount(10, 1), accounts)
                        .isEmpty()) {
                    reserved.incrementAndGet();
                }
            });
            assertEquals(100, reserved.get());
            assertEquals(
                    new Amount(1_000, 100), ledger.balance(accounts.getFirst().name()));
        }
        assertEquals(new Amount(1_000, 100), ledger.balance("other"));
    }

    @Test
    void should_hold_exactly_what_was_used_after_many_turns_at_once() throws Exception {
        AtomicLong used = new AtomicLong();
        int threads = 8;
        together(threads, thread -> {
            Random random = new Random(thread);
            for (int i = 0; i < reservations() / threads; i++) {
                List<BudgetAccount> accounts = random.nextBoolean()
                        ? List.of(account("day", 2_000, NONE))
                        : List.of(account("day", 2_000, NONE), account("conversation" + random.nextInt(3), NONE, NONE));
                String id = UUID.randomUUID().toString();
                Amount amount = new Amount(1 + random.nextInt(500), 1);
                if (ledger.reserve(id, amount, accounts).isEmpty()) {
                    assertTrue(ledger.balance("day").microDollars() <= 2_000 + used.get());
                    long really = random.nextInt(3) == 0 ? 1 : 0;
                    used.addAndGet(really);
                    ledger.settle(id, amount, new Amount(really, 0), accounts);
                }
            }
        });
        assertTrue(used.get() > 0);
        assertEquals(new Amount(used.get(), 0), ledger.balance("day"));
    }

    /**
     * Instances that share the ledger are killed at every step of a call while all of them ask for one caller. With no tokenizer that makes more than is
     * reserved for nothing is overspent; with one, what a call used beyond its reservation: once for each that is open, and for each that died.
     */
    @Test
    void should_overspend_no_more_than_is_documented_when_instances_are_killed_at_any_step() throws Exception {
        int instances = 8;
        long limit = 60_000;
        AgentConfig config = Settings.with("budget.caller-day-tokens", String.valueOf(limit));
        for (boolean wild : new boolean[] {false, true}) {
            String caller = "ann" + wild;
            AtomicLong billed = new AtomicLong();
            AtomicLong died = new AtomicLong();
            together(instances, thread -> {
                Random random = new Random(thread);
                Budget instance = instance(config);
                for (int i = 0; i < reservations() / instances; i++) {
                    int step = random.nextInt(12);
                    Meter.Reservation call;
                    try {
                        call = instance.open(Identity.of(caller), null).reserve(Settings.MODEL, 1_000, 300);
                    } catch (BudgetExceededException e) {
                        continue;
                    }
                    // 1600 are reserved for the prompt.
                    Usage used = new Usage(wild ? 3_000 : random.nextInt(1_601), random.nextInt(301), 0, 0);
                    billed.addAndGet(step > 1 ? used.total() : 0);
                    if (step > 4) {
                        call.settle(used);
                    } else if (step > 1) {
                        died.incrementAndGet();
                    }
                    if (step < 6) {
                        // Killed: after it reserved, after it sent, or after it settled.
                        instance = instance(config);
                    }
                }
            });
            long held = ledger.balance(instance(config)
                            .accounts(Identity.of(caller), null)
                            .getFirst()
                            .name())
                    .tokens();
            long bound = wild ? (died.get() + instances) * 1_400 : 0;
            System.out.printf(
                    "%s%s: %d of %d billed, %d held; overspent by %d of at most %d, %d calls died%n",
                    getClass().getSimpleName(),
                    wild ? ", prompts of 3000 tokens where 1600 are reserved" : "",
                    billed.get(),
                    limit,
                    held,
                    Math.max(0, billed.get() - limit),
                    bound,
                    died.get());
            assertTrue(died.get() > 0 && held > limit / 2, held + " held");
            assertTrue(billed.get() <= limit + bound, billed + " billed");
            assertTrue(wild || (billed.get() <= held && held <= limit), held + " held");
        }
    }

    /** A process of its own over the shared ledger. */
    private Budget instance(AgentConfig config) {
        MoneyAlarms quiet = new MoneyAlarms() {
            @Override
            public void unpriced(String modelId) {}

            @Override
            public void usageRefused(String modelId) {}
        };
        return new Budget(config, new CallerLimits(config), new ModelTable(config), ledger, quiet, clock);
    }

    interface Step {
        void run(int index) throws Exception;
    }

    static void together(int threads, Step step) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<?>> running = new ArrayList<>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < threads; i++) {
                int index = i;
                running.add(executor.submit(() -> {
                    start.await();
                    step.run(index);
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> one : running) {
                one.get();
            }
        }
    }
}
