package io.mcpagent.budget;

import io.mcpagent.model.ModelPrice;
import io.mcpagent.model.ModelTable;
import io.mcpagent.model.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;

/**
 * What tokens cost, by the configured prices. Amounts are whole micro-dollars; a price of 1 dollar for a million tokens is 1 micro-dollar a
 * token. Immutable in effect, safe for use by many threads.
 */
final class Prices {

    private static final int MICRO_DIGITS = 6;

    /** Pico-dollars a token, so that every price of up to six decimals is a whole number. */
    private record Rate(long input, long output, long cacheRead, long cacheWrite) {

        static Rate of(ModelPrice price) {
            return new Rate(
                    pico(price.input()), pico(price.output()), pico(price.cacheRead()), pico(price.cacheWrite()));
        }

        private static long pico(BigDecimal dollarsForMillion) {
            return dollarsForMillion
                    .movePointRight(MICRO_DIGITS)
                    .setScale(0, RoundingMode.CEILING)
                    .longValueExact();
        }
    }

    private static final long PICO_IN_MICRO = 1_000_000;

    private final ModelTable table;

    Prices(ModelTable table) {
        this.table = table;
    }

    boolean knows(String modelId) {
        return rateOf(modelId).isPresent();
    }

    /** What a call cost, rounded to the nearest micro-dollar; empty if the model has no price. */
    Optional<Long> cost(String modelId, Usage usage) {
        return rateOf(modelId).map(rate -> {
            long pico = usage.input() * rate.input
                    + usage.output() * rate.output
                    + usage.cacheRead() * rate.cacheRead
                    + usage.cacheWrite() * rate.cacheWrite;
            return (pico + PICO_IN_MICRO / 2) / PICO_IN_MICRO;
        });
    }

    /** The most that a call of so many tokens can cost, rounded up: the whole input may be put into the cache, which costs more than reading. */
    Optional<Long> most(String modelId, long inputTokens, long outputTokens) {
        return rateOf(modelId)
                .map(rate -> Math.ceilDiv(
                        inputTokens * Math.max(rate.input, rate.cacheWrite) + outputTokens * rate.output,
                        PICO_IN_MICRO));
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

    private Optional<Rate> rateOf(String modelId) {
        return table.row(modelId).price(0).map(Rate::of);
    }
}
