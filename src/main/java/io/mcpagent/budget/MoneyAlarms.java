package io.mcpagent.budget;

/** Who has to know when money can't be counted as it should be. Safe for use by many threads. */
public interface MoneyAlarms {

    /** A model that has no price was asked: its dollars count nothing, in no limit and no receipt. */
    void unpriced(String modelId);

    /** The service said that a call used what it can't have used; it is counted at the most that it can have cost. */
    void usageRefused(String modelId);
}
