package io.mcpagent.development;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.quarkus.arc.profile.IfBuildProfile;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** In dev mode only: keeps the spans of the last turns, for the page at {@code /q/turns}. Safe for use by many threads. */
@Singleton
@IfBuildProfile(anyOf = {"dev", "bedrock"})
final class RecentTurns implements SpanProcessor {

    private static final int TURNS = 30;
    private static final int SPANS = TURNS * 40;
    private static final String TURN = "invoke_agent";
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final AttributeKey<String> CONVERSATION = AttributeKey.stringKey("gen_ai.conversation.id");
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("agent.turn.outcome");
    private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
    private static final AttributeKey<Double> DOLLARS = AttributeKey.doubleKey("agent.cost.dollars");
    private static final AttributeKey<Long> INPUT = AttributeKey.longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT = AttributeKey.longKey("gen_ai.usage.output_tokens");
    private static final double NANOS_IN_MILLI = 1e6;

    private final Deque<SpanData> ended = new ArrayDeque<>();

    /** One turn: what it cost, and its parts in the order in which they began. */
    record SeenTurn(
            String traceId,
            long startedAt,
            double milliseconds,
            @Nullable String conversationId,
            @Nullable String outcome,
            @Nullable Double dollars,
            @Nullable Long inputTokens,
            @Nullable Long outputTokens,
            @Nullable String error,
            List<Part> parts) {}

    /**
     * One span below a turn.
     *
     * @param operation {@code chat} or {@code execute_tool}
     * @param start     milliseconds after the turn's start
     * @param error     what went wrong, or null
     */
    record Part(
            String name,
            @Nullable String operation,
            double start,
            double milliseconds,
            @Nullable Long inputTokens,
            @Nullable Long outputTokens,
            @Nullable String error) {}

    @Override
    public void onEnd(ReadableSpan span) {
        SpanData data = span.toSpanData();
        if (data.getAttributes().get(OPERATION) == null) {
            return;
        }
        synchronized (ended) {
            ended.addLast(data);
            if (ended.size() > SPANS) {
                ended.removeFirst();
            }
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
        // Only what has ended is shown.
    }

    @Override
    public boolean isStartRequired() {
        return false;
    }

    /** The last turns, the newest first. */
    List<SeenTurn> turns() {
        List<SpanData> spans;
        synchronized (ended) {
            spans = new ArrayList<>(ended);
        }
        return spans.stream()
                .filter(span -> TURN.equals(span.getAttributes().get(OPERATION)))
                .map(span -> turn(span, spans))
                .sorted(Comparator.comparingLong(SeenTurn::startedAt).reversed())
                .limit(TURNS)
                .toList();
    }

    private static SeenTurn turn(SpanData turn, List<SpanData> spans) {
        List<Part> parts = spans.stream()
                .filter(span -> span.getParentSpanId().equals(turn.getSpanId()))
                .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos))
                .map(span -> part(span, turn))
                .toList();
        return new SeenTurn(
                turn.getTraceId(),
                turn.getStartEpochNanos() / 1_000_000,
                duration(turn),
                turn.getAttributes().get(CONVERSATION),
                turn.getAttributes().get(OUTCOME),
                turn.getAttributes().get(DOLLARS),
                turn.getAttributes().get(INPUT),
                turn.getAttributes().get(OUTPUT),
                error(turn),
                parts);
    }

    private static Part part(SpanData span, SpanData turn) {
        return new Part(
                span.getName(),
                span.getAttributes().get(OPERATION),
                (span.getStartEpochNanos() - turn.getStartEpochNanos()) / NANOS_IN_MILLI,
                duration(span),
                span.getAttributes().get(INPUT),
                span.getAttributes().get(OUTPUT),
                error(span));
    }

    private static double duration(SpanData span) {
        return (span.getEndEpochNanos() - span.getStartEpochNanos()) / NANOS_IN_MILLI;
    }

    private static @Nullable String error(SpanData span) {
        return span.getStatus().getStatusCode() == StatusCode.ERROR
                ? span.getAttributes().get(ERROR)
                : null;
    }
}
