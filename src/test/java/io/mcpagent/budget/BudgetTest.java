package io.mcpagent.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.budget.BudgetExceededException.Limit;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.MovableClock;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.identity.CallerLimits;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.ModelTable;
import io.mcpagent.model.Usage;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BudgetTest {

    private final MovableClock clock = new MovableClock(Instant.parse("2026-11-22T23:00:00Z"));
    private final Ledger ledger = new MemoryLedger(clock, Set::of);

    private Budget budget(String... settings) {
        return budget(ledger, settings);
    }

    private final List<String> alarms = new ArrayList<>();

    private Budget budget(Ledger counting, String... settings) {
        AgentConfig config = Settings.with(settings);
        MoneyAlarms heard = new MoneyAlarms() {
            @Override
            public void unpriced(String modelId) {
                alarms.add("unpriced " + modelId);
            }

            @Override
            public void usageRefused(String modelId) {
                alarms.add("refused " + modelId);
            }
        };
        return new Budget(config, new CallerLimits(config), new ModelTable(config), counting, heard, clock);
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
        Meter meter = budget().open(Identity.of("ann"), "c");
        meter.reserve(Settings.MODEL, 8_000, 500).settle(new Usage(1_000, 200, 10_000, 400));
        // 1000 × 3 + 200 × 15 + 10000 × 0.30 + 400 × 3.75 micro-dollars
        assertEquals(new BigDecimal("0.010500"), meter.receipt(0, 0).dollars());
        meter.reserve(Settings.FALLBACK, 2_000, 500).settle(new Usage(1_000, 200, 0, 0));
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
        Meter meter = budget("model.id", "amazon.nova").open(Identity.of("ann"), "c");
        meter.reserve("amazon.nova", 10, 10).settle(new Usage(10, 5, 0, 0));
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
        Budget budget = budget(new NoLedger(), "budget.request-dollars", "1", "budget.request-tokens", "10000");
        Meter meter = budget.open(Identity.of("ann"), "c");
        meter.reserve(Settings.MODEL, 10, 10).settle(new Usage(10, 10, 0, 0));
        Budget limited = budget(new NoLedger(), "budget.caller-day-tokens", "10000");
        assertThrows(
                StoreUnavailableException.class,
                () -> limited.open(Identity.of("ann"), "c").reserve(Settings.MODEL, 10, 10));
    }

    @Test
    void should_hold_the_limits_of_a_request() {
        Meter tokens = budget("budget.request-tokens", "1000").open(Identity.of("ann"), "c");
        tokens.reserve(Settings.MODEL, 300, 400).settle(new Usage(100, 100, 700, 0));
        BudgetExceededException exceeded =
                assertThrows(BudgetExceededException.class, () -> tokens.reserve(Settings.MODEL, 30, 53));
        assertEquals(Limit.REQUEST_TOKENS, exceeded.limit());
        assertEquals("agent.budget.request-tokens", exceeded.limit().setting());
        assertEquals(Optional.empty(), exceeded.retryAfter());
        tokens.reserve(Settings.MODEL, 30, 52).cancel();

        Meter dollars = budget("budget.request-dollars", "0.01").open(Identity.of("ann"), "c");
        // 1600 × 3.75 + 266 × 15 = 9990; the limit is 10000 micro-dollars
        Meter.Reservation reservation = dollars.reserve(Settings.MODEL, 1_000, 266);
        assertEquals(
                Limit.REQUEST_DOLLARS,
                assertThrows(BudgetExceededException.class, () -> dollars.reserve(Settings.MODEL, 1, 1))
                        .limit());
        reservation.settle(new Usage(1_000, 0, 0, 0));
        dollars.reserve(Settings.MODEL, 1_000, 66);
    }

    @Test
    void should_count_what_a_turn_cost_before_it_waited_for_approval() {
        Budget budget = budget("budget.request-tokens", "1000");
        Meter before = budget.open(Identity.of("ann"), "c");
        before.reserve(Settings.MODEL, 300, 400).settle(new Usage(700, 100, 0, 0));
        Meter after = budget.open(Identity.of("ann"), "c", before.receipt(1, 5));
        assertEquals(before.receipt(1, 5), after.receipt(1, 5));
        assertThrows(BudgetExceededException.class, () -> after.reserve(Settings.MODEL, 100, 41));
        after.reserve(Settings.MODEL, 100, 40).settle(new Usage(1, 1, 0, 0));
        assertEquals(2, after.receipt(1, 5).modelCalls());
        assertEquals(802, after.receipt(1, 5).usage().total());
    }

    @Test
    void should_hold_the_day_of_a_caller_until_midnight_utc() {
        Budget budget = budget("budget.caller-day-tokens", "1000");
        budget.open(Identity.of("ann"), "c1").reserve(Settings.MODEL, 0, 900).settle(new Usage(0, 900, 0, 0));
        BudgetExceededException exceeded = assertThrows(
                BudgetExceededException.class,
                () -> budget.open(Identity.of("ann"), "c2").reserve(Settings.MODEL, 0, 101));
        assertEquals(Limit.CALLER_DAY_TOKENS, exceeded.limit());
        assertEquals(Optional.of(Duration.ofHours(1)), exceeded.retryAfter());
        Meter.Reservation overMidnight = budget.open(Identity.of("ann"), "c2").reserve(Settings.MODEL, 0, 100);
        budget.open(Identity.of("bob"), "c1").reserve(Settings.MODEL, 0, 1_000);
        clock.advance(Duration.ofHours(1));
        Meter.Reservation today = budget.open(Identity.of("ann"), "c3").reserve(Settings.MODEL, 0, 1_000);
        overMidnight.settle(Usage.NONE);
        assertThrows(
                BudgetExceededException.class,
                () -> budget.open(Identity.of("ann"), "c3").reserve(Settings.MODEL, 1, 0));
        today.cancel();
        budget.open(Identity.of("ann"), "c3").reserve(Settings.MODEL, 0, 1_000);
    }

    @Test
    void should_hold_the_limits_of_a_conversation_over_its_days() {
        Budget budget = budget("budget.conversation-dollars", "0.001");
        budget.open(Identity.of("ann"), "c").reserve(Settings.MODEL, 0, 60).settle(new Usage(0, 60, 0, 0));
        clock.advance(Duration.ofDays(2));
        BudgetExceededException exceeded = assertThrows(
                BudgetExceededException.class,
                () -> budget.open(Identity.of("ann"), "c").reserve(Settings.MODEL, 0, 7));
        assertEquals(Limit.CONVERSATION_DOLLARS, exceeded.limit());
        assertEquals(Optional.empty(), exceeded.retryAfter());
        budget.open(Identity.of("ann"), "other").reserve(Settings.MODEL, 0, 7);
        budget.open(Identity.of("bob"), "c").reserve(Settings.MODEL, 0, 7);
    }

    @Test
    void should_hold_the_limit_of_a_conversation_that_is_not_stored_without_an_account() {
        Budget budget = budget(new NoLedger(), "budget.conversation-tokens", "100");
        Meter meter = budget.open(Identity.of("ann"), null);
        meter.reserve(Settings.MODEL, 10, 30).settle(new Usage(30, 30, 0, 0));
        assertEquals(
                Limit.CONVERSATION_TOKENS,
                assertThrows(BudgetExceededException.class, () -> meter.reserve(Settings.MODEL, 10, 25))
                        .limit());
        meter.reserve(Settings.MODEL, 10, 24).cancel();
        budget.open(Identity.of("ann"), null).reserve(Settings.MODEL, 10, 84);
    }

    @Test
    void should_reserve_and_settle_at_the_price_of_the_model_that_is_asked() {
        Budget budget = budget(
                "model.id", Settings.FALLBACK, "model.fallback-id", Settings.MODEL, "budget.request-dollars", "0.001");
        Meter meter = budget.open(Identity.of("ann"), "c");
        meter.reserve(Settings.FALLBACK, 0, 100).settleUnknown();
        assertThrows(BudgetExceededException.class, () -> meter.reserve(Settings.MODEL, 0, 34));
        meter.reserve(Settings.MODEL, 0, 33).settleUnknown();
        assertEquals(new BigDecimal("0.000995"), meter.receipt(0, 0).dollars());
    }

    /** K5: the receipt was −$6, and the ledger was credited. */
    @Test
    void should_count_what_can_not_have_been_used_at_the_most_and_say_so() {
        Random random = new Random(7);
        for (int i = 0; i < 1_000; i++) {
            long[] tokens = {random.nextInt(100), random.nextInt(100), random.nextInt(100), 50 + random.nextInt(50), 0};
            tokens[random.nextInt(5)] = switch (random.nextInt(4)) {
                case 0 -> -1 - random.nextInt(random.nextBoolean() ? 20 : 1_000_000);
                case 1 -> Long.MIN_VALUE;
                case 2 -> Long.MAX_VALUE - random.nextInt(9);
                default -> 20_000 + random.nextInt(1_000_000);
            };
            Budget budget = budget("budget.caller-day-tokens", "1000000");
            Meter meter = budget.open(Identity.of("ann" + i), "c");
            meter.reserve(Settings.MODEL, 1_000, 500)
                    .settle(new Usage(tokens[0], tokens[1], tokens[2], tokens[3], tokens[4]));
            assertEquals(new Usage(1_600, 500, 0, 0), meter.receipt(0, 0).usage(), Arrays.toString(tokens));
            assertEquals(new BigDecimal("0.013500"), meter.receipt(0, 0).dollars());
            assertEquals(
                    2_100,
                    ledger.balance(budget.accounts(Identity.of("ann" + i), "c")
                                    .getFirst()
                                    .name())
                            .tokens());
        }
        assertEquals(Collections.nCopies(1_000, "refused " + Settings.MODEL), alarms);
    }

    /** K5: newer tokenizers made more of a text than was reserved for it. */
    @Test
    void should_never_settle_more_than_was_reserved_whatever_the_tokenizer() {
        Random random = new Random(18);
        List<String> ids = List.of(
                Settings.MODEL,
                Settings.FALLBACK,
                "global.anthropic.claude-haiku-5-5",
                "us.anthropic.claude-sonnet-5-5",
                "eu.anthropic.claude-opus-5-5");
        Budget budget = budget("budget.caller-day-tokens", "900000000000", "budget.caller-day-dollars", "9000000");
        for (int i = 0; i < 20_000; i++) {
            String modelId = ids.get(random.nextInt(ids.size()));
            long estimated = 1 + random.nextInt(random.nextBoolean() ? 2_000 : 400_000);
            int maxOutput = 1 + random.nextInt(8_000);
            long prompt = (long) Math.floor(estimated * (0.8 + 0.8 * random.nextDouble()));
            long read = random.nextLong(prompt + 1);
            long written = random.nextLong(prompt - read + 1);
            Usage used = new Usage(prompt - read - written, random.nextInt(maxOutput + 1), read, written);

            String account = budget.accounts(Identity.of("ann"), "c").getFirst().name();
            Ledger.Amount before = ledger.balance(account);
            Meter meter = budget.open(Identity.of("ann"), "c");
            Meter.Reservation reservation = meter.reserve(modelId, estimated, maxOutput);
            Ledger.Amount reserved = ledger.balance(account).minus(before);
            reservation.settle(used);
            Ledger.Amount settled = ledger.balance(account).minus(before);
            assertTrue(
                    settled.tokens() <= reserved.tokens() && settled.microDollars() <= reserved.microDollars(),
                    () -> modelId + ": " + reserved + " reserved, " + settled + " settled, " + used);
            assertEquals(used.total(), settled.tokens());
        }
        assertEquals(List.of(), alarms);
    }

    /** A tokenizer that makes more of a text than any that is known: once. */
    @Test
    void should_learn_from_what_the_service_has_counted() {
        Budget budget = budget("budget.request-tokens", "100000");
        budget.open(Identity.of("ann"), "c").reserve(Settings.MODEL, 10_000, 0).settle(new Usage(20_000, 0, 0, 0));
        Meter unknown = budget.open(Identity.of("ann"), "c");
        unknown.reserve(Settings.MODEL, 10_000, 0).settleUnknown();
        assertEquals(22_000, unknown.receipt(0, 0).usage().input());
        Meter other = budget.open(Identity.of("ann"), "c");
        other.reserve(Settings.FALLBACK, 10_000, 0).settleUnknown();
        assertEquals(16_000, other.receipt(0, 0).usage().input());
    }

    /** K5: the prices of a long prompt, of a geography, and of what is cached for an hour. */
    @Test
    void should_price_by_band_by_geography_and_by_the_time_in_the_cache() {
        Prices prices = budget().prices();
        String haiku = "anthropic.claude-haiku-5-5";
        assertEquals(Optional.of(10_000L + 50), prices.cost("global." + haiku, new Usage(100_000, 100, 0, 0)));
        assertEquals(Optional.of(50_001L + 250), prices.cost("global." + haiku, new Usage(100_001, 100, 0, 0)));
        assertEquals(Optional.of(11_000L + 55), prices.cost("us." + haiku, new Usage(100_000, 100, 0, 0)));
        // 30,000 × 0.01 + 30,000 × 0.125 + 10,000 × 0.20 micro-dollars
        assertEquals(Optional.of(6_050L), prices.cost("global." + haiku, new Usage(0, 0, 30_000, 40_000, 10_000)));
    }

    @Test
    void should_reserve_and_settle_what_is_cached_for_an_hour() {
        String sonnet = "global.anthropic.claude-sonnet-5-5";
        for (Usage used : List.of(new Usage(0, 0, 0, 1_000), new Usage(0, 0, 0, 1_000, 1_000))) {
            Meter meter = budget("model.cache-ttl", "1h").open(Identity.of("ann"), "c");
            meter.reserve(sonnet, 1_000, 0).settle(used);
            assertEquals(new BigDecimal("0.004000"), meter.receipt(0, 0).dollars());
        }
        Meter unknown = budget("model.cache-ttl", "1h").open(Identity.of("ann"), "c");
        unknown.reserve(sonnet, 1_000, 0).settleUnknown();
        assertEquals(new BigDecimal("0.006500"), unknown.receipt(0, 0).dollars());
    }

    /** Answers that are lost, before or after the ledger did what it was asked, and processes that die between the two. */
    @Test
    void should_never_overspend_when_answers_are_lost_and_processes_die() throws Exception {
        Ledger lossy = new Ledger() {
            private boolean lost() {
                return ThreadLocalRandom.current().nextInt(8) == 0;
            }

            @Override
            public Optional<Refusal> reserve(String id, Amount amount, List<BudgetAccount> accounts) {
                boolean before = lost();
                Optional<Refusal> refusal = before ? Optional.empty() : ledger.reserve(id, amount, accounts);
                if (before || lost()) {
                    throw new StoreUnavailableException("lost");
                }
                return refusal;
            }

            @Override
            public void settle(String id, Amount reserved, Amount used, List<BudgetAccount> accounts) {
                boolean before = lost();
                if (!before) {
                    ledger.settle(id, reserved, used, accounts);
                }
                if (before || lost()) {
                    throw new StoreUnavailableException("lost");
                }
            }

            @Override
            public Amount balance(String account) {
                return ledger.balance(account);
            }
        };
        Budget budget = budget(lossy, "budget.caller-day-tokens", "300000", "budget.caller-day-dollars", "2");
        AtomicLong tokens = new AtomicLong();
        AtomicInteger refused = new AtomicInteger();
        LedgerContract.together(200, i -> {
            Meter meter = budget.open(Identity.of("ann"), "c" + i);
            for (int call = 0; call < 40; call++) {
                Random random = ThreadLocalRandom.current();
                try {
                    Meter.Reservation reservation = meter.reserve(Settings.MODEL, 100, 300);
                    Usage used = new Usage(random.nextInt(161), random.nextInt(301), 0, 0);
                    switch (random.nextInt(4)) {
                        case 0 -> reservation.cancel();
                        case 1 -> {
                            // The process is gone, and the service bills all the same.
                            tokens.addAndGet(used.total());
                            return;
                        }
                        default -> {
                            tokens.addAndGet(used.total());
                            reservation.settle(used);
                        }
                    }
                } catch (BudgetExceededException e) {
                    refused.incrementAndGet();
                } catch (StoreUnavailableException e) {
                    // It was not sent.
                }
            }
        });
        long held = ledger.balance(
                        budget.accounts(Identity.of("ann"), "c").getFirst().name())
                .tokens();
        System.out.printf("%d tokens used of 300000, %d held, %d calls refused%n", tokens.get(), held, refused.get());
        assertTrue(tokens.get() <= held && held <= 300_000, tokens + " used, " + held + " held");
    }

    /** Limits from the environment are those of the settings' table. */
    @Test
    void should_take_its_limits_from_environment_variables() {
        Map<String, String> variables = new HashMap<>();
        for (Limit limit : Limit.values()) {
            variables.put(
                    limit.setting().toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"),
                    limit.name().endsWith("DOLLARS") ? "1." + limit.ordinal() : "100" + limit.ordinal());
        }
        AgentConfig.BudgetSettings limits = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withConverter(MemorySize.class, 100, new MemorySizeConverter())
                .withMapping(AgentConfig.class)
                .withSources(new EnvConfigSource(variables, 300))
                .build()
                .getConfigMapping(AgentConfig.class)
                .budget();
        assertEquals(Optional.of(new BigDecimal("1.0")), limits.requestDollars());
        assertEquals(OptionalLong.of(1001), limits.requestTokens());
        assertEquals(Optional.of(new BigDecimal("1.2")), limits.callerDayDollars());
        assertEquals(OptionalLong.of(1003), limits.callerDayTokens());
        assertEquals(Optional.of(new BigDecimal("1.4")), limits.conversationDollars());
        assertEquals(OptionalLong.of(1005), limits.conversationTokens());
    }

    @Test
    void should_say_that_a_model_has_no_price() {
        Meter meter = budget("model.id", "amazon.nova").open(Identity.of("ann"), "c");
        meter.reserve("amazon.nova", 10, 10).settle(new Usage(10, 5, 0, 0));
        meter.reserve("amazon.nova", 10, 10).cancel();
        assertTrue(meter.unpriced());
        assertEquals(List.of("unpriced amazon.nova"), alarms);
    }

    @Test
    void should_end_a_reservation_once_only() {
        Budget budget = budget("budget.caller-day-tokens", "1000");
        Meter meter = budget.open(Identity.of("ann"), "c");
        Meter.Reservation reservation = meter.reserve(Settings.MODEL, 300, 500);
        reservation.settleUnknown();
        reservation.settle(new Usage(1, 1, 1, 1));
        reservation.cancel();
        assertEquals(new Usage(480, 500, 0, 0), meter.receipt(0, 0).usage());
        assertThrows(BudgetExceededException.class, () -> meter.reserve(Settings.MODEL, 0, 21));
        meter.reserve(Settings.MODEL, 0, 20);
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
        Meter meter = budget(failing, "budget.caller-day-tokens", "1000").open(Identity.of("ann"), "c");
        meter.reserve(Settings.MODEL, 10, 10).settle(new Usage(10, 2, 0, 0));
        assertEquals(1, settles.get());
        assertEquals(12, meter.receipt(0, 0).usage().total());
    }

    @Test
    void should_not_overspend_with_two_hundred_turns_at_the_limit() throws Exception {
        Budget budget = budget("budget.caller-day-dollars", "0.05");
        AtomicInteger calls = new AtomicInteger();
        LedgerContract.together(200, i -> {
            Meter meter = budget.open(Identity.of("ann"), "c" + i);
            try {
                for (int step = 0; step < 3; step++) {
                    Meter.Reservation reservation = meter.reserve(Settings.MODEL, 0, 100);
                    calls.incrementAndGet();
                    reservation.settle(new Usage(0, 100, 0, 0));
                }
            } catch (BudgetExceededException expected) {
                assertEquals(Limit.CALLER_DAY_DOLLARS, expected.limit());
            }
        });
        // 100 × 15 = 1500 micro-dollars a call: 33 calls fit into 50000.
        assertEquals(33, calls.get());
    }

    /** Each limit of a budget, with a number of one's own that is lower or higher than the one for all, or where there is none for all. */
    @Test
    void should_hold_each_caller_to_the_limits_about_them() {
        Identity intern =
                new Identity("user:0:ian", "ian", null, Set.of("interns"), Set.of(), Set.of(), Map.of(), null);
        for (Limit limit : Limit.values()) {
            String name = limit.setting().substring("agent.budget.".length());
            // A call of 1,000 tokens each way costs 18,000 micro-dollars at most.
            String[] numbers =
                    name.endsWith("dollars") ? new String[] {"0.001", "10"} : new String[] {"100", "1000000"};
            for (String ofAll : Arrays.asList(numbers[0], numbers[1], null)) {
                for (String ofInterns : numbers) {
                    Budget budget = ofAll == null
                            ? budget(
                                    new MemoryLedger(clock, Set::of),
                                    "access.limits",
                                    name + " " + ofInterns + " for group:interns")
                            : budget(
                                    new MemoryLedger(clock, Set::of),
                                    "budget." + name,
                                    ofAll,
                                    "access.limits",
                                    name + " " + ofInterns + " for group:interns");
                    for (String conversation : Arrays.asList("c", null)) {
                        assertEquals(
                                ofInterns.equals(numbers[1]) ? null : limit,
                                refusal(budget.open(intern, conversation)),
                                name + " " + ofAll + " " + ofInterns);
                        assertEquals(
                                numbers[0].equals(ofAll) ? limit : null,
                                refusal(budget.open(Identity.of("ann"), conversation)),
                                name + " " + ofAll + " " + ofInterns);
                    }
                }
            }
        }
    }

    private static Limit refusal(Meter meter) {
        try {
            meter.reserve(Settings.MODEL, 1_000, 1_000).cancel();
            return null;
        } catch (BudgetExceededException e) {
            return e.limit();
        }
    }

    @Test
    void should_not_start_with_somebody_s_limit_in_dollars_when_a_model_has_no_price() {
        assertThrows(
                IllegalArgumentException.class,
                () -> budget("model.id", "amazon.nova", "access.limits", "conversation-dollars 1 for group:a"));
        budget("model.id", "amazon.nova", "access.limits", "conversation-tokens 1 for group:a");
    }
}
