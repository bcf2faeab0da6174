package io.mcpagent.telemetry;

import io.mcpagent.config.AgentConfig;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;

/** The telemetry of turns, as metrics, spans and log lines that a test can read. */
public final class SeenTelemetry implements AutoCloseable {

    private final Reader reader = new Reader();
    private final List<SpanData> spans = new CopyOnWriteArrayList<>();
    private final List<ExtLogRecord> lines = new CopyOnWriteArrayList<>();
    private final Logger log = Logger.getLogger("io.mcpagent.turn");
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            if (line instanceof ExtLogRecord turn && turn.getMdc("runId") != null) {
                lines.add(turn);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final Telemetry telemetry;

    public SeenTelemetry(AgentConfig config) {
        OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setMeterProvider(
                        SdkMeterProvider.builder().registerMetricReader(reader).build())
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(new Exporter()))
                        .build())
                .build();
        telemetry = new Telemetry(new Spans(sdk, false, config), new Meters(sdk));
        log.addHandler(handler);
    }

    /** What a counter of whole numbers has counted. */
    public long sum(String counter) {
        return reader.collect().stream()
                .filter(metric -> metric.getName().equals(counter))
                .flatMap(metric -> metric.getLongSumData().getPoints().stream())
                .mapToLong(LongPointData::getValue)
                .sum();
    }

    public Telemetry telemetry() {
        return telemetry;
    }

    /** How many turns ended, by outcome. */
    public Map<String, Long> turns() {
        Map<String, Long> turns = new TreeMap<>();
        for (MetricData metric : reader.collect()) {
            if (metric.getName().equals("agent.turns")) {
                for (LongPointData point : metric.getLongSumData().getPoints()) {
                    turns.put(point.getAttributes().get(AttributeKey.stringKey("outcome")), point.getValue());
                }
            }
        }
        return turns;
    }

    /** The outcomes that the turns' spans say, in their order. */
    public List<String> spanOutcomes() {
        return spans.stream()
                .map(span -> span.getAttributes().get(Semantics.OUTCOME))
                .filter(outcome -> outcome != null)
                .toList();
    }

    /** The spans that ended, in that order: name, whether it failed, and the tokens that were written. */
    public List<String> ended() {
        return spans.stream()
                .map(span -> span.getName()
                        + (span.getStatus().getStatusCode() == StatusCode.ERROR ? " failed" : "")
                        + (span.getAttributes().get(Semantics.OUTPUT_TOKENS) == null
                                ? ""
                                : " " + span.getAttributes().get(Semantics.OUTPUT_TOKENS) + " tokens"))
                .toList();
    }

    /** How often a metric was counted or measured, by the values of its labels. */
    public Map<List<String>, Long> points(String name) {
        Map<List<String>, Long> points = new HashMap<>();
        for (MetricData metric : reader.collect()) {
            if (metric.getName().equals(name)) {
                for (PointData point : metric.getData().getPoints()) {
                    List<String> labels = point.getAttributes().asMap().values().stream()
                            .map(Object::toString)
                            .toList();
                    points.put(
                            labels,
                            point instanceof HistogramPointData histogram
                                    ? histogram.getCount()
                                    : ((LongPointData) point).getValue());
                }
            }
        }
        return points;
    }

    /** The turns' lines in the log. */
    public List<ExtLogRecord> lines() {
        return lines;
    }

    @Override
    public void close() {
        log.removeHandler(handler);
    }

    private final class Exporter implements SpanExporter {

        @Override
        public CompletableResultCode export(Collection<SpanData> ended) {
            spans.addAll(ended);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    private static final class Reader implements MetricReader {

        private CollectionRegistration registration = CollectionRegistration.noop();

        Collection<MetricData> collect() {
            return registration.collectAllMetrics();
        }

        @Override
        public void register(CollectionRegistration given) {
            registration = given;
        }

        @Override
        public AggregationTemporality getAggregationTemporality(InstrumentType type) {
            return AggregationTemporality.CUMULATIVE;
        }

        @Override
        public CompletableResultCode forceFlush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
