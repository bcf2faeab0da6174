package io.mcpagent.model;

import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one model takes, keeps to and costs: a row of {@link ModelTable}. {@code docs/models.md} says where each is from.
 *
 * @param match         the part of a model id, of an inference profile's id or of an ARN by which the row is found; empty in the careful row
 * @param since         when the model came, as far as is known
 * @param source        where the row is from
 * @param thinking      how thinking is asked for
 * @param thinksUnasked whether it thinks if nothing is asked; then it can't be told not to
 * @param efforts       the efforts that it takes, the least first; empty if it takes none
 * @param sampling      whether it takes a temperature
 * @param forcedTools   whether it takes a tool choice other than its own
 * @param prefixBound   whether its thinking goes back only if all before it, tools and system prompt included, is as it was
 * @param cachePoints   how many cache points a request may have; 0 if none
 * @param cacheSmallest how many tokens a prefix must have to be cached; a shorter one is sent as if the cache point were not there
 * @param cacheTtls     how long cached prefixes may live: {@code 5m}, {@code 1h}
 * @param window        the most tokens of prompt and reply together
 * @param largestOutput the most tokens of a reply, thinking included
 * @param tokenizer     how many tokens it makes of a text that is one token for Claude 4, at most
 * @param silence       how long it may be silent in a stream while it thinks
 * @param stopReasons   the reasons to stop that are known of it, as the service writes them
 * @param prices        what it costs where this id asks it, by the length of the prompt, the shortest first; empty if that is not known
 * @param endOfLife     when it ends; null if that is not known
 * @param endOfLifeBy   whose date that is: {@code Bedrock}, or {@code Anthropic}, whose dates Bedrock need not share
 */
public record ModelRow(
        String match,
        String since,
        String source,
        Thinking thinking,
        boolean thinksUnasked,
        List<String> efforts,
        boolean sampling,
        boolean forcedTools,
        boolean prefixBound,
        int cachePoints,
        int cacheSmallest,
        List<String> cacheTtls,
        int window,
        int largestOutput,
        double tokenizer,
        Duration silence,
        List<String> stopReasons,
        List<ModelPrice> prices,
        @Nullable LocalDate endOfLife,
        @Nullable String endOfLifeBy) {

    /** How a model is asked to think. */
    public enum Thinking {
        /** Not at all, and no thinking is sent back to it. */
        NONE,
        /** With a number of tokens: {@code thinking: {type: enabled, budget_tokens}}. */
        BUDGET,
        /** As much as it finds right, steered by an effort: {@code thinking: {type: adaptive}}. */
        ADAPTIVE
    }

    public ModelRow {
        efforts = List.copyOf(efforts);
        cacheTtls = List.copyOf(cacheTtls);
        stopReasons = List.copyOf(stopReasons);
        prices = List.copyOf(prices);
    }

    /** Whether the table has this model; if not, it gets the careful row. */
    public boolean known() {
        return !match.isEmpty();
    }

    /** The price of a call whose prompt has so many tokens, cached ones included; empty if the model has no price. */
    public Optional<ModelPrice> price(long promptTokens) {
        return prices.stream()
                .filter(price -> promptTokens > price.above() || price.above() == 0)
                .reduce((_, last) -> last);
    }
}
