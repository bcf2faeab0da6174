package io.mcpagent.budget;

import io.mcpagent.model.ModelPrice;
import io.mcpagent.model.ModelTable;
import io.mcpagent.model.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What tokens cost, by the table of models. Amounts are whole micro-dollars; a price of 1 dollar for a million tokens is 1 micro-dollar a token.
 * Immutable in effect, safe for use by many threads.
 */
final class Prices {

    private static final int MICRO_DIGITS = 6;

    /** Pico-dollars a token, so that every price of up to six decimals is a whole number. */
    private record Rate(long above, long input, long output, long cacheRead, long cacheWrite, long hourWrite) {

        static Rate of(ModelPrice price) {
            return new Rate(
                    price.above(),
                    pico(price.input()),
                    pico(price.output()),
                    pico(price.cacheRead()),
                    pico(price.cacheWrite()),
                    pico(price.cacheWriteHour()));
        }

        private static long pico(BigDecimal dollarsForMillion) {
            return dollarsForMillion
                    .movePointRight(MICRO_DIGITS)
                    .setScale(0, RoundingMode.CEILING)
                    .longValueExact();
        }

        boolean holds(long promptTokens) {
            return above == 0 || promptTokens > above;
        }

        long cost(Usage usage) {
            return usage.input() * input
                    + usage.output() * output
                    + usage.cacheRead() * cacheRead
                    + (usage.cacheWrite() - usage.hourWrite()) * cacheWrite
                    + usage.hourWrite() * hourWrite;
        }

        /** The whole prompt may be put into the cache, which costs more than reading. */
        long most(long promptTokens, long outputTokens, boolean hourWrites) {
            long dearest =
                    Math.max(Math.max(input, cacheRead), hourWrites ? Math.max(cacheWrite, hourWrite) : cacheWrite);
            return promptTokens * dearest + outputTokens * output;
        }
    }

    private static final long PICO_IN_MICRO = 1_000_000;

    private final ModelTable table;
    // Only the configured models are ever looked up, so this stays small.
    private final Map<String, List<Rate>> rates = new ConcurrentHashMap<>();

    Prices(ModelTable table) {
        this.table = table;
    }

    boolean knows(String modelId) {
        return !rates(modelId).isEmpty();
    }

    /** What a call cost, by the band of its prompt's length, rounded to the nearest micro-dollar; empty if the model has no price. */
    Optional<Long> cost(String modelId, Usage usage) {
        Rate counts = null;
        for (Rate rate : rates(modelId)) {
            counts = rate.holds(usage.prompt()) ? rate : counts;
        }
        return counts == null
                ? Optional.empty()
                : Optional.of((counts.cost(usage) + PICO_IN_MICRO / 2) / PICO_IN_MICRO);
    }

    /** The most that a call of at most so many tokens can cost, rounded up, whatever band it falls into; 0 if the model has no price. */
    long most(String modelId, long promptTokens, long outputTokens, boolean hourWrites) {
        long most = 0;
        for (Rate rate : rates(modelId)) {
            if (rate.holds(promptTokens)) {
                most = Math.max(most, rate.most(promptTokens, outputTokens, hourWrites));
            }
        }
        return Math.ceilDiv(most, PICO_IN_MICRO);
    }

    /** Micro-dollars as dollars with six decimals. */
    static BigDecimal dollars(long microDollars) {
        return BigDecimal.valueOf(microDollars, MICRO_DIGITS);
    }

    /** Dollars as micro-dollars; what is finer is cut off, so that a limit is never passed by rounding. */
    static long microDollars(BigDecimal dollars) {
        return dollars.movePointRight(MICRO_DIGITS)
                .setScale(0, RoundingMode.FLOOR)
                .longValueExact();
    }

    private List<Rate> rates(String modelId) {
        return rates.computeIfAbsent(
                modelId, id -> table.row(id).prices().stream().map(Rate::of).toList());
    }
}
