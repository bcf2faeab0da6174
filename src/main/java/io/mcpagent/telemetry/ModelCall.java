package io.mcpagent.telemetry;

import io.mcpagent.model.ModelException;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.Usage;
import io.opentelemetry.api.trace.Span;
import java.util.List;
import java.util.Locale;

/** What is seen of one model call, with all its attempts. For one thread. */
public final class ModelCall {

    private final Span span;
    private final Meters meters;
    private final boolean content;
    private final String model;
    private final long startedAt = System.nanoTime();

    ModelCall(Span span, Meters meters, boolean content, String model) {
        this.span = span;
        this.meters = meters;
        this.content = content;
        this.model = model;
    }

    /** The model replied. */
    public void answered(ModelReply reply) {
        meters.modelAnswered(model, reply.usage(), TurnTelemetry.seconds(startedAt));
        if (span.isRecording()) {
            span.setAttribute(Semantics.RESPONSE_MODEL, reply.modelId());
            span.setAttribute(
                    Semantics.FINISH_REASONS, List.of(reply.stopReason().name().toLowerCase(Locale.ROOT)));
            usage(span, reply.usage());
            if (content) {
                SpokenContent.replied(span, reply);
            }
            span.end();
        }
    }

    /** There is no reply. */
    public void failed(ModelException failure) {
        fail(failure.kind().name().toLowerCase(Locale.ROOT));
    }

    /** The turn was stopped, or failed, while the model was being asked. */
    public void abandoned() {
        fail("cancelled");
    }

    private void fail(String errorType) {
        meters.modelFailed(model, errorType, TurnTelemetry.seconds(startedAt));
        if (span.isRecording()) {
            Spans.fail(span, errorType);
            span.end();
        }
    }

    /** Bedrock counts cached tokens beside the others, the conventions count them in. */
    static void usage(Span span, Usage usage) {
        span.setAttribute(Semantics.INPUT_TOKENS, usage.total() - usage.output());
        span.setAttribute(Semantics.OUTPUT_TOKENS, usage.output());
        span.setAttribute(Semantics.CACHE_READ_TOKENS, usage.cacheRead());
        span.setAttribute(Semantics.CACHE_WRITE_TOKENS, usage.cacheWrite());
    }
}
