package io.mcpagent.model;

import java.math.BigDecimal;

/**
 * What tokens of a model cost where it is asked, in US dollars for a million.
 *
 * @param above          for calls whose prompt, cached parts included, has more tokens than this
 * @param input          tokens read at the full price
 * @param output         tokens written, thinking included
 * @param cacheRead      tokens that came from the prompt cache
 * @param cacheWrite     tokens that were put into the prompt cache for five minutes
 * @param cacheWriteHour tokens that were put into the prompt cache for an hour
 */
public record ModelPrice(
        long above,
        BigDecimal input,
        BigDecimal output,
        BigDecimal cacheRead,
        BigDecimal cacheWrite,
        BigDecimal cacheWriteHour) {

    public ModelPrice {
        if (above < 0
                || input.signum() < 0
                || output.signum() < 0
                || cacheRead.signum() < 0
                || cacheWrite.signum() < 0
                || cacheWriteHour.signum() < 0) {
            throw new IllegalArgumentException("a price can't be negative: " + input + ", " + output + ", " + cacheRead
                    + ", " + cacheWrite + ", " + cacheWriteHour);
        }
    }

    ModelPrice times(BigDecimal factor) {
        return new ModelPrice(
                above,
                input.multiply(factor),
                output.multiply(factor),
                cacheRead.multiply(factor),
                cacheWrite.multiply(factor),
                cacheWriteHour.multiply(factor));
    }
}
