package io.mcpagent.model;

/**
 * Tokens that a model call used. Bedrock counts cached tokens beside {@code input}, not in it.
 *
 * @param input      tokens read at the full price
 * @param output     tokens written
 * @param cacheRead  tokens of the prompt that came from the cache
 * @param cacheWrite tokens of the prompt that were put into the cache
 */
public record Usage(long input, long output, long cacheRead, long cacheWrite) {

    public static final Usage NONE = new Usage(0, 0, 0, 0);

    /** The sum of both. */
    public Usage plus(Usage other) {
        return new Usage(
                input + other.input, output + other.output, cacheRead + other.cacheRead, cacheWrite + other.cacheWrite);
    }

    /** All tokens, whatever their price. */
    public long total() {
        return input + output + cacheRead + cacheWrite;
    }
}
