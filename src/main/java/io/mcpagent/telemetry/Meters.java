package io.mcpagent.telemetry;

import io.mcpagent.model.Usage;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleCounter;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What is counted and measured: exactly the metrics of {@code ecs/metrics.json}, which the sidecar, the dashboard and the alarms use. No label has an
 * id, and the tools' names are {@linkplain ToolLabels bounded}, so that the number of series is, whatever the load. Safe for use by many threads.
 */
@Singleton
final class Meters {

    static final String SCOPE = "io.mcpagent";

    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("outcome");
    private static final AttributeKey<String> TOOL = AttributeKey.stringKey("tool");
    private static final List<Double> MODEL_SECONDS =
            List.of(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
    private static final List<Long> TOKENS =
            List.of(1L, 4L, 16L, 64L, 256L, 1024L, 4096L, 16384L, 65536L, 262144L, 1048576L);
    // No thread's context is asked for: there are no exemplars.
    private static final Context NOWHERE = Context.root();

    private final LongHistogram tokens;
    private final DoubleHistogram modelSeconds;
    private final LongCounter turns;
    private final DoubleHistogram turnSeconds;
    private final DoubleHistogram firstTokenSeconds;
    private final LongCounter toolCalls;
    private final DoubleCounter dollars;
    private final LongCounter budgetRefusals;
    private final LongCounter unpriced;
    private final LongCounter usageRefused;
    private final LongCounter auditFailures;
    private final ToolLabels tools = new ToolLabels();
    private final AtomicInteger openStreams = new AtomicInteger();
    private final AtomicInteger openTurns = new AtomicInteger();
    private final Map<String, ModelLabels> models = new ConcurrentHashMap<>();
    private final LongAdder cachedInput = new LongAdder();
    private final LongAdder allInput = new LongAdder();
    private long cachedBefore;
    private long allBefore;

    /** The labels of one model's calls, made once. */
    private record ModelLabels(Attributes call, Attributes input, Attributes output, Attributes asked) {

        static ModelLabels of(String model) {
            Attributes call = Attributes.of(
                    Semantics.OPERATION,
                    Semantics.CHAT,
                    Semantics.PROVIDER,
                    Semantics.BEDROCK,
                    Semantics.REQUEST_MODEL,
                    model);
            return new ModelLabels(
                    call,
                    call.toBuilder().put(Semantics.TOKEN_TYPE, "input").build(),
                    call.toBuilder().put(Semantics.TOKEN_TYPE, "output").build(),
                    Attributes.of(Semantics.REQUEST_MODEL, model));
        }
    }

    Meters(OpenTelemetry telemetry) {
        Meter meter = telemetry.getMeter(SCOPE);
        tokens = meter.histogramBuilder("gen_ai.client.token.usage")
                .setUnit("{token}")
                .ofLongs()
                .setDescription("Tokens that a model call read or wrote")
                .setExplicitBucketBoundariesAdvice(TOKENS)
                .build();
        modelSeconds =
                seconds(meter, "gen_ai.client.operation.duration", "How long a model call took, with its retries");
        turns = meter.counterBuilder("agent.turns")
                .setUnit("{turn}")
                .setDescription("Turns that ended")
                .build();
        turnSeconds = seconds(meter, "agent.turn.duration", "How long a turn took");
        firstTokenSeconds = seconds(
                meter, "agent.time_to_first_token", "From the start of a streamed turn to the model's first text");
        toolCalls = meter.counterBuilder("agent.tool.calls")
                .setUnit("{call}")
                .setDescription("Tool calls that were made or refused")
                .build();
        dollars = meter.counterBuilder("agent.cost.dollars")
                .ofDoubles()
                .setUnit("{dollar}")
                .setDescription("What model calls cost")
                .build();
        budgetRefusals = meter.counterBuilder("agent.budget.refusals")
                .setUnit("{refusal}")
                .setDescription("Turns that a limit on dollars or tokens ended")
                .build();
        unpriced = meter.counterBuilder("agent.model.unpriced")
                .setUnit("{call}")
                .setDescription("Model calls whose dollars are not known, since the model has no price")
                .build();
        usageRefused = meter.counterBuilder("agent.model.usage.refused")
                .setUnit("{call}")
                .setDescription(
                        "Model calls that can't have used what the service said, and were counted at their most")
                .build();
        auditFailures = meter.counterBuilder("agent.audit.failures")
                .setUnit("{failure}")
                .setDescription("Times that the audit trail's store did not take records")
                .build();
        meter.gaugeBuilder("agent.streams.open")
                .ofLongs()
                .setUnit("{stream}")
                .setDescription("Streamed answers that are being given")
                .buildWithCallback(now -> now.record(openStreams.get()));
        meter.gaugeBuilder("agent.turns.open")
                .ofLongs()
                .setUnit("{turn}")
                .setDescription("Turns that run")
                .buildWithCallback(now -> now.record(openTurns.get()));
        meter.gaugeBuilder("agent.cache.hit_ratio")
                .setUnit("1")
                .setDescription("How much of the model's input since the last look came from the prompt cache")
                .buildWithCallback(now -> {
                    double ratio = cacheHitRatio();
                    if (ratio >= 0) {
                        now.record(ratio);
                    }
                });
    }

    private static DoubleHistogram seconds(Meter meter, String name, String description) {
        return meter.histogramBuilder(name)
                .setUnit("s")
                .setDescription(description)
                .setExplicitBucketBoundariesAdvice(MODEL_SECONDS)
                .build();
    }

    /** A model call that was answered. */
    void modelAnswered(String requestModel, Usage usage, double seconds) {
        long input = usage.total() - usage.output();
        ModelLabels labels = labels(requestModel);
        tokens.record(input, labels.input(), NOWHERE);
        tokens.record(usage.output(), labels.output(), NOWHERE);
        modelSeconds.record(seconds, labels.call(), NOWHERE);
        cachedInput.add(usage.cacheRead());
        allInput.add(input);
    }

    void modelFailed(String requestModel, String errorType, double seconds) {
        modelSeconds.record(
                seconds,
                labels(requestModel).call().toBuilder()
                        .put(Semantics.ERROR_TYPE, errorType)
                        .build(),
                NOWHERE);
    }

    private ModelLabels labels(String model) {
        return models.computeIfAbsent(model, ModelLabels::of);
    }

    void turnBegins() {
        openTurns.incrementAndGet();
    }

    void turnEnds() {
        openTurns.decrementAndGet();
    }

    void turnEnded(String outcome, double seconds) {
        turns.add(1, Attributes.of(OUTCOME, outcome), NOWHERE);
        turnSeconds.record(seconds, Attributes.empty(), NOWHERE);
    }

    void firstToken(double seconds) {
        firstTokenSeconds.record(seconds, Attributes.empty(), NOWHERE);
    }

    /** @param tool the name of a tool that the server lists; null for any other name, which anybody may have made up */
    void toolCalled(@Nullable String tool, boolean ok) {
        toolCalls.add(1, Attributes.of(TOOL, tools.of(tool), OUTCOME, ok ? "ok" : "error"), NOWHERE);
    }

    void spent(double amount) {
        dollars.add(amount, Attributes.empty(), NOWHERE);
    }

    void budgetRefused() {
        budgetRefusals.add(1, Attributes.empty(), NOWHERE);
    }

    void unpriced(String model) {
        unpriced.add(1, labels(model).asked(), NOWHERE);
    }

    void usageRefused(String model) {
        usageRefused.add(1, labels(model).asked(), NOWHERE);
    }

    void auditFailed() {
        auditFailures.add(1, Attributes.empty(), NOWHERE);
    }

    void streamBegins() {
        openStreams.incrementAndGet();
    }

    void streamEnds() {
        openStreams.decrementAndGet();
    }

    /** Since the last call; negative if nothing was read. One reader collects, at its interval. */
    private synchronized double cacheHitRatio() {
        long cached = cachedInput.sum();
        long all = allInput.sum();
        double ratio = all == allBefore ? -1 : (double) (cached - cachedBefore) / (all - allBefore);
        cachedBefore = cached;
        allBefore = all;
        return ratio;
    }
}
