package io.mcpagent.model;

import java.util.List;

/**
 * A complete reply of the model.
 *
 * @param modelId    the model or inference profile that answered: the primary one or the fallback
 * @param content    its blocks in their order; empty when a guardrail cut everything
 * @param stopReason why it stopped
 * @param usage      the tokens that the service counted
 */
public record ModelReply(String modelId, List<Content> content, StopReason stopReason, Usage usage) {

    public ModelReply {
        content = List.copyOf(content);
    }
}
