package io.mcpagent.telemetry;

import io.mcpagent.budget.MoneyAlarms;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Where turns tell what happens in them. Safe for use by many threads. */
@Singleton
public final class Telemetry implements MoneyAlarms {

    private final Spans spans;
    private final Meters meters;

    Telemetry(Spans spans, Meters meters) {
        this.spans = spans;
        this.meters = meters;
    }

    /**
     * Begins a turn's telemetry, which must be {@linkplain TurnTelemetry#end ended}.
     *
     * @param traceparent the W3C trace context that the turn belongs to, or null
     */
    public TurnTelemetry begin(String runId, @Nullable String traceparent) {
        return new TurnTelemetry(spans, meters, runId, traceparent);
    }

    @Override
    public void unpriced(String modelId) {
        meters.unpriced(modelId);
    }

    @Override
    public void usageRefused(String modelId) {
        meters.usageRefused(modelId);
    }

    /** The audit trail's store did not take records. */
    public void auditFailed() {
        meters.auditFailed();
    }

    /** A streamed answer is being given; {@link #streamEnds} must follow. */
    public void streamBegins() {
        meters.streamBegins();
    }

    /** A streamed answer has been given, or its client has left. */
    public void streamEnds() {
        meters.streamEnds();
    }
}
