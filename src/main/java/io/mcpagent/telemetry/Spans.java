package io.mcpagent.telemetry;

import io.mcpagent.config.AgentConfig;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import jakarta.inject.Singleton;
import java.util.Objects;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Begins spans. Every parent is handed over: nothing is looked up in a thread. Where no telemetry is configured, and in a trace that is not sampled,
 * a span is one shared object that does nothing. Safe for use by many threads.
 */
@Singleton
final class Spans {

    private final @Nullable Tracer tracer;
    private final boolean content;

    Spans(
            OpenTelemetry telemetry,
            @ConfigProperty(name = "quarkus.otel.sdk.disabled", defaultValue = "false") boolean disabled,
            AgentConfig config) {
        // The SDK's spans of a disabled SDK would be recorded, and thrown away.
        this.tracer = disabled ? null : telemetry.getTracer("io.mcpagent");
        this.content = !disabled && config.telemetry().content();
    }

    /** Whether there are spans at all. */
    boolean on() {
        return tracer != null;
    }

    /** Whether they may have what people and the model say, and what tools return. */
    boolean withContent() {
        return content;
    }

    /** A span that is begun below another one, which may be a remote one; an invalid one begins a trace. Only when {@link #on}. */
    SpanBuilder below(SpanContext parent, String name, SpanKind kind) {
        SpanBuilder builder = Objects.requireNonNull(tracer, "no spans here")
                .spanBuilder(name)
                .setSpanKind(kind);
        return parent.isValid() ? builder.setParent(Context.root().with(Span.wrap(parent))) : builder.setNoParent();
    }

    /** Marks a span as failed. The reason is a word from a closed list, never an exception's text. */
    static void fail(Span span, String errorType) {
        span.setAttribute(Semantics.ERROR_TYPE, errorType).setStatus(StatusCode.ERROR);
    }
}
