package io.mcpagent.budget;

import io.mcpagent.model.ModelTable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many tokens a model makes, at most, of what is estimated as one: by the table of models, and more if the service has counted more. It never
 * gets less, since what one text needs says little of the next. Safe for use by many threads.
 */
final class Tokenizers {

    /** The estimate is of Claude 4's tokens; what a request is made of, rows of numbers or prose, moves them by this much. */
    private static final double SPREAD = 1.25;

    private static final double LEAST = 1.6;
    private static final double MARGIN = 1.1;

    /** A token has a byte at least, and the estimate takes at most three bytes for one. */
    private static final long MOST = 3;

    /** What the service adds to a prompt that is not in the request: its own words about tools. */
    private static final long ADDED = 4_096;

    /** A smaller prompt says nothing of the tokenizer: what the service adds is most of it. */
    private static final long TELLING = 1_000;

    private final ModelTable table;
    private final Map<String, Double> factors = new ConcurrentHashMap<>();

    Tokenizers(ModelTable table) {
        this.table = table;
    }

    /** The most tokens that a prompt is expected to have. */
    long most(String modelId, long estimated) {
        return (long) Math.ceil(estimated * factor(modelId));
    }

    /** The longest prompt, in estimated tokens, that fits into the model's window beside such a reply. */
    long longestPrompt(String modelId, long maxOutputTokens) {
        return (long) ((table.row(modelId).window() - maxOutputTokens) / factor(modelId));
    }

    /** Whether no tokenizer makes so many tokens of such a prompt. */
    static boolean impossible(long estimated, long counted) {
        return counted < 0 || counted > MOST * estimated + ADDED;
    }

    /** The service has counted a prompt. */
    void counted(String modelId, long estimated, long counted) {
        if (estimated >= TELLING && counted > most(modelId, estimated)) {
            factors.put(modelId, Math.min(MOST, MARGIN * counted / estimated));
        }
    }

    private double factor(String modelId) {
        return factors.computeIfAbsent(
                modelId, id -> Math.max(LEAST, SPREAD * table.row(id).tokenizer()));
    }
}
