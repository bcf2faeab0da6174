package io.mcpagent.model;

import org.jspecify.annotations.Nullable;

/**
 * Tokens that a model call used. Bedrock counts cached tokens beside {@code input}, not in it.
 *
 * @param input      tokens read at the full price
 * @param output     tokens written
 * @param cacheRead  tokens of the prompt that came from the cache
 * @param cacheWrite tokens of the prompt that were put into the cache
 * @param hourWrite  those of {@code cacheWrite} that are kept there for an hour, which costs more; not stored
 */
public record Usage(long input, long output, long cacheRead, long cacheWrite, long hourWrite) {

    public static final Usage NONE = new Usage(0, 0, 0, 0);

    /** Without anything that is kept for an hour. */
    public Usage(long input, long output, long cacheRead, long cacheWrite) {
        this(input, output, cacheRead, cacheWrite, 0);
    }

    /** The sum of both. */
    public Usage plus(Usage other) {
        return new Usage(
                input + other.input,
                output + other.output,
                cacheRead + other.cacheRead,
                cacheWrite + other.cacheWrite,
                hourWrite + other.hourWrite);
    }

    /**
     * The larger one of each count: that a service says it twice must not make a reply cheaper.
     *
     * @param other null if it has said nothing before; what either does not know, with -1, stays unknown
     */
    Usage orMore(@Nullable Usage other) {
        if (other == null) {
            return this;
        }
        return new Usage(
                larger(input, other.input),
                larger(output, other.output),
                larger(cacheRead, other.cacheRead),
                larger(cacheWrite, other.cacheWrite),
                larger(hourWrite, other.hourWrite));
    }

    private static long larger(long one, long other) {
        return one < 0 || other < 0 ? -1 : Math.max(one, other);
    }

    /** The tokens of the prompt, those in the cache too. */
    public long prompt() {
        return input + cacheRead + cacheWrite;
    }

    /** All tokens, whatever their price. */
    public long total() {
        return input + output + cacheRead + cacheWrite;
    }
}
