package io.mcpagent.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.ModelException;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.StopReason;
import io.mcpagent.model.Usage;
import io.mcpagent.problem.Problem;
import io.mcpagent.support.Project;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The metrics that the code makes, against the one list that sidecar, dashboard and alarms are held against, too. */
class MetersTest {

    /** Of the agent's breakers, whose gauge needs the whole agent: {@link TelemetryIT} sees it. */
    private static final String BREAKERS = "agent.breaker.open";

    private static final int MOST_SERIES = 200;

    private final Exported exported = new Exported();
    private final SdkMeterProvider provider = SdkMeterProvider.builder()
            .registerMetricReader(PeriodicMetricReader.create(exported))
            .build();
    private final OpenTelemetry sdk =
            OpenTelemetrySdk.builder().setMeterProvider(provider).build();
    private final Meters meters = new Meters(sdk);
    private final Spans noSpans = new Spans(null, true, null);

    /** What was exported last. */
    private static final class Exported implements MetricExporter {

        private final Map<String, MetricData> last = new TreeMap<>();

        @Override
        public CompletableResultCode export(Collection<MetricData> metrics) {
            metrics.forEach(metric -> last.put(metric.getName(), metric));
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

        @Override
        public AggregationTemporality getAggregationTemporality(InstrumentType type) {
            return AggregationTemporality.CUMULATIVE;
        }
    }

    @Test
    void should_be_those_of_the_list_with_their_types_units_and_labels() throws IOException {
        JsonNode listed = new ObjectMapper()
                .readTree(Project.directory().resolve("ecs/metrics.json").toFile())
                .path("metrics");
        everyEnd(1);
        meters.auditFailed();
        Map<String, MetricData> made = collect();
        Set<String> names = new TreeSet<>();
        listed.fieldNames().forEachRemaining(names::add);
        names.remove(BREAKERS);
        names.remove("agent.model.days_left");
        assertEquals(names, made.keySet());
        made.forEach((name, metric) -> check(name, listed.path(name), metric));
    }

    private static void check(String name, JsonNode listed, MetricData metric) {
        assertEquals(listed.path("unit").asText(), metric.getUnit(), name);
        assertEquals(
                switch (listed.path("type").asText()) {
                    case "histogram" -> MetricDataType.HISTOGRAM;
                    case "counter" ->
                        name.equals("agent.cost.dollars") ? MetricDataType.DOUBLE_SUM : MetricDataType.LONG_SUM;
                    default -> name.endsWith("s.open") ? MetricDataType.LONG_GAUGE : MetricDataType.DOUBLE_GAUGE;
                },
                metric.getType(),
                name);
        Map<String, Set<String>> used = new TreeMap<>();
        metric.getData()
                .getPoints()
                .forEach(point -> point.getAttributes()
                        .forEach((key, value) -> used.computeIfAbsent(key.getKey(), any -> new TreeSet<>())
                                .add(value.toString())));
        Set<String> labels = new TreeSet<>();
        for (String kind : List.of("attributes", "details")) {
            listed.path(kind).properties().forEach(label -> {
                labels.add(label.getKey());
                Set<String> values = new TreeSet<>();
                label.getValue().forEach(value -> values.add(value.asText()));
                // An empty list stands for values that are not known before.
                assertTrue(
                        values.isEmpty() || values.equals(used.get(label.getKey())),
                        name + ": " + label + " but " + used);
            });
        }
        assertEquals(labels, used.keySet(), name);
    }

    @Test
    void should_stay_few_whatever_the_number_of_conversations_tools_and_failures() {
        for (int i = 0; i < 100_000; i++) {
            TurnTelemetry turn = new TurnTelemetry(noSpans, meters, "run-" + i, null);
            turn.inConversation("conversation-" + i);
            turn.toolCall("tool-" + i, "call-" + i, Arguments.read("{}"))
                    .ended(new ToolAnswer(ToolOutcome.OK, "[]", 1));
            turn.toolRefused("made-up-" + i, false);
            turn.modelCall("model", null).answered(reply(i % 1_000));
            turn.end(TurnOutcome.COMPLETED, null, "model", null, null);
        }
        everyEnd(2);
        List<String> series = new ArrayList<>();
        collect()
                .forEach((name, metric) ->
                        metric.getData().getPoints().forEach(point -> series.add(name + point.getAttributes())));
        assertEquals(series.size(), new HashSet<>(series).size());
        System.out.printf("%d series after 100,000 conversations with as many tools%n", series.size());
        assertTrue(series.size() <= MOST_SERIES, series::toString);
        assertTrue(
                series.stream()
                        .noneMatch(one ->
                                one.contains("conversation-") || one.contains("run-") || one.contains("made-up")),
                series::toString);
        assertTrue(series.stream().anyMatch(one -> one.contains("\"other\"")), series::toString);
    }

    @Test
    void should_count_what_a_turn_added_and_not_what_it_had_cost_before_it_waited() {
        TurnTelemetry turn = turn();
        turn.end(TurnOutcome.COMPLETED, null, "model", receipt("0.25"), receipt("1.00"));
        assertEquals(
                0.75,
                collect()
                        .get("agent.cost.dollars")
                        .getDoubleSumData()
                        .getPoints()
                        .iterator()
                        .next()
                        .getValue(),
                1e-9);
    }

    @Test
    void should_show_the_cache_as_it_was_since_the_last_look() {
        turn().modelCall("model", null)
                .answered(new ModelReply("model", List.of(), StopReason.END_TURN, new Usage(10, 5, 30, 0)));
        assertEquals(0.75, ratio(), 1e-9);
        turn().modelCall("model", null)
                .answered(new ModelReply("model", List.of(), StopReason.END_TURN, new Usage(10, 5, 0, 0)));
        assertEquals(0, ratio(), 1e-9);
    }

    private double ratio() {
        return collect()
                .get("agent.cache.hit_ratio")
                .getDoubleGaugeData()
                .getPoints()
                .iterator()
                .next()
                .getValue();
    }

    /** Ends turns, model calls and tool calls in every way that there is. */
    private void everyEnd(int times) {
        for (int i = 0; i < times; i++) {
            for (TurnOutcome how : TurnOutcome.values()) {
                TurnTelemetry turn = turn();
                turn.textSeen();
                turn.modelCall("model", null).answered(reply(i + 1));
                turn.toolCall("a_tool", "call", Arguments.read("{}")).ended(new ToolAnswer(ToolOutcome.OK, "[]", 1));
                turn.end(how, null, "model", receipt("0"), receipt("0.01"));
            }
            for (Problem problem : Problem.values()) {
                TurnTelemetry turn = turn();
                turn.toolCall("a_tool", "call", Arguments.read("{}")).abandoned();
                turn.end(TurnOutcome.of(problem), problem, null, null, null);
            }
            for (ModelException.Kind kind : ModelException.Kind.values()) {
                turn().modelCall("model", null).failed(new ModelException(kind, "no", false, null));
            }
            turn().modelCall("model", null).abandoned();
            meters.unpriced("model");
            meters.usageRefused("model");
        }
    }

    private TurnTelemetry turn() {
        TurnTelemetry turn = new TurnTelemetry(noSpans, meters, "run", null);
        turn.inConversation("conversation");
        return turn;
    }

    private static ModelReply reply(int tokens) {
        return new ModelReply(
                "model", List.of(new Content.Text("Yes.")), StopReason.END_TURN, new Usage(tokens, 1, tokens, 0));
    }

    private static Receipt receipt(String dollars) {
        return new Receipt(1, Usage.NONE, new BigDecimal(dollars), 0, 1);
    }

    private Map<String, MetricData> collect() {
        exported.last.clear();
        provider.forceFlush().join(10, java.util.concurrent.TimeUnit.SECONDS);
        return Map.copyOf(exported.last);
    }
}
