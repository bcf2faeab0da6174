package io.mcpagent.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.Await;
import io.mcpagent.support.OtlpReceiver;
import io.mcpagent.support.OtlpReceiver.Seen;
import io.mcpagent.support.RealToolbox;
import io.mcpagent.turn.Answer;
import io.mcpagent.turn.Stage;
import io.opentelemetry.proto.trace.v1.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A collector of the test's own, the real toolbox, and the traces that come out of both. */
class TraceIT {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final String MODEL = "us.anthropic.claude-sonnet-5-5";
    private static final String QUESTION = "SEEDED-question: what did customer 7 order?";
    private static final String ANSWER = "SEEDED-answer: not much.";

    private static OtlpReceiver collector;
    private static RealToolbox toolbox;
    private static Stage stage;

    @BeforeAll
    static void start() {
        collector = new OtlpReceiver();
        toolbox = RealToolbox.traced(collector.port());
        stage = Stage.with(
                toolbox.url(),
                "QUARKUS_OTEL_TRACES_SAMPLER_ARG",
                "1",
                "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
                collector.url(),
                "QUARKUS_OTEL_BSP_SCHEDULE_DELAY",
                "200ms",
                "QUARKUS_OTEL_SERVICE_NAME",
                "agent-under-test",
                "AGENT_TURN_DEADLINE",
                "20s");
        stage.when(
                QUESTION, Script.Rounds.of(Script.call("get_customer", "{\"customer_id\": 7}"), Script.text(ANSWER)));
    }

    @AfterAll
    static void end() {
        stage.close();
        toolbox.close();
        collector.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void should_be_one_from_the_caller_through_model_and_tool_into_the_toolbox(boolean streaming) {
        String traceId = TestIds.trace();
        Answer answer = stage.ask(streaming, null, QUESTION, "traceparent", "00-" + traceId + "-00000000000000aa-01");
        assertTrue(answer.succeeded(), answer::toString);
        assertEquals(traceId, answer.headers().firstValue("X-Trace-Id").orElse(""));

        Map<String, List<Seen>> spans = spans(traceId, 6);
        Seen request = only(spans, "POST /chat");
        Seen turn = only(spans, "invoke_agent mcp-agent");
        Seen tool = only(spans, "execute_tool get_customer");
        Seen query = only(spans, "tools/call get_customer");
        List<Seen> calls = spans.get("chat " + MODEL);
        assertEquals(2, calls.size());
        assertEquals(
                List.of("00000000000000aa", request.spanId(), turn.spanId(), turn.spanId(), turn.spanId()),
                List.of(
                        request.parentId(),
                        turn.parentId(),
                        tool.parentId(),
                        calls.get(0).parentId(),
                        calls.get(1).parentId()));
        // The toolbox puts a span of its HTTP server between ours and that of the tool.
        assertTrue(ancestors(query, traceId).contains(tool.spanId()), () -> spans.toString());
        assertEquals("toolbox", query.service());
        assertEquals("agent-under-test", turn.service());

        assertEquals(
                List.of("200", "/chat", "POST"),
                List.of(
                        request.attribute("http.response.status_code"),
                        request.attribute("http.route"),
                        request.attribute("http.request.method")));
        assertEquals(
                List.of("invoke_agent", "aws.bedrock", "completed", answer.conversationId()),
                List.of(
                        turn.attribute("gen_ai.operation.name"),
                        turn.attribute("gen_ai.provider.name"),
                        turn.attribute("agent.turn.outcome"),
                        turn.attribute("gen_ai.conversation.id")));
        assertEquals(
                answer.reply().path("receipt").path("dollars").asDouble(),
                Double.parseDouble(turn.attribute("agent.cost.dollars")),
                1e-9);
        assertEquals(
                List.of("execute_tool", "tools/call", "get_customer", ""),
                List.of(
                        tool.attribute("gen_ai.operation.name"),
                        tool.attribute("mcp.method.name"),
                        tool.attribute("gen_ai.tool.name"),
                        tool.attribute("error.type")));
        assertEquals(
                List.of("[[tool_use], [end_turn]]"),
                List.of(calls.stream()
                        .map(call -> call.attribute("gen_ai.response.finish_reasons"))
                        .sorted(java.util.Comparator.reverseOrder())
                        .toList()
                        .toString()));
        assertEquals(
                answer.reply().path("usage").path("outputTokens").asLong(),
                calls.stream()
                        .mapToLong(call -> Long.parseLong(call.attribute("gen_ai.usage.output_tokens")))
                        .sum());
        assertEquals(
                List.of(MODEL, MODEL, "chat", "aws.bedrock"),
                List.of(
                        calls.getFirst().attribute("gen_ai.request.model"),
                        calls.getFirst().attribute("gen_ai.response.model"),
                        calls.getFirst().attribute("gen_ai.operation.name"),
                        calls.getFirst().attribute("gen_ai.provider.name")));
    }

    @Test
    void should_go_on_with_the_load_balancers_trace_which_names_no_span() {
        Answer answer = stage.ask(
                null,
                "Hello",
                "X-Amzn-Trace-Id",
                "Self=1-65f00000-000000000000000000000001;Root=1-67891233-abcdef012345678912345678");
        String traceId = "67891233abcdef012345678912345678";
        assertEquals(traceId, answer.headers().firstValue("X-Trace-Id").orElse(""));
        Map<String, List<Seen>> spans = spans(traceId, 3);
        assertEquals("", only(spans, "POST /chat").parentId());
    }

    @Test
    void should_begin_with_the_time_so_that_xray_takes_it() {
        long before = System.currentTimeMillis() / 1000;
        String traceId =
                stage.ask(null, "Hello").headers().firstValue("X-Trace-Id").orElseThrow();
        long seconds = Long.parseLong(traceId.substring(0, 8), 16);
        assertTrue(seconds >= before && seconds <= System.currentTimeMillis() / 1000, traceId);
        spans(traceId, 3);
    }

    @Test
    void should_be_in_every_problem_and_log_line_of_a_request() {
        String traceId = TestIds.trace();
        Answer refused = Answer.of(stage.agent()
                .post("/chat", "{\"message\":\"\"}", "traceparent", "00-" + traceId + "-00000000000000aa-01"));
        assertEquals(
                List.of(400, traceId, traceId),
                List.of(
                        refused.status(),
                        refused.body().path("traceId").asText(),
                        refused.headers().firstValue("X-Trace-Id").orElse("")));
        String asked = TestIds.trace();
        stage.ask(null, QUESTION, "traceparent", "00-" + asked + "-00000000000000aa-01");
        // A turn's line comes when its answer is out.
        Await.until("the turn's line", () -> stage.agent().log().contains(asked));
        List<String> lines =
                stage.agent().log().lines().filter(line -> line.contains(asked)).toList();
        assertEquals(1, lines.size(), lines::toString);
        var line = LogLines.parse(lines.getFirst());
        assertEquals(
                List.of(asked, "completed", "get_customer", "2"),
                List.of(
                        line.path("mdc").path("traceId").asText(),
                        line.path("mdc").path("outcome").asText(),
                        line.path("mdc").path("tools").asText(),
                        line.path("mdc").path("modelCalls").asText()));
    }

    @Test
    void should_not_be_recorded_anywhere_when_the_caller_does_not_want_it() {
        String traceId = TestIds.trace();
        assertTrue(stage.ask(null, QUESTION, "traceparent", "00-" + traceId + "-00000000000000aa-00")
                .succeeded());
        String later = TestIds.trace();
        stage.ask(null, QUESTION, "traceparent", "00-" + later + "-00000000000000aa-01");
        spans(later, 6);
        assertEquals(List.of(), collector.trace(traceId));
    }

    @Test
    void should_end_with_its_reason_when_the_deadline_passes_the_caller_stops_it_or_leaves() throws Exception {
        stage.when("slowly", Script.text("one two three four").delay(Duration.ofSeconds(60)));
        String late = TestIds.trace();
        assertEquals(
                504,
                stage.ask(null, "slowly", "traceparent", "00-" + late + "-00000000000000aa-01")
                        .status());
        Map<String, List<Seen>> spans = spans(late, 3);
        assertEquals(List.of("deadline-exceeded", "cancelled", "504"), errors(spans));

        String conversation = stage.conversation();
        String stopped = TestIds.trace();
        var asked = java.util.concurrent.CompletableFuture.supplyAsync(
                () -> stage.ask(conversation, "slowly", "traceparent", "00-" + stopped + "-00000000000000aa-01"));
        Await.until(
                "the turn to run",
                () -> stage.agent().delete("/chat/" + conversation + "/run").statusCode() == 204);
        assertEquals(409, asked.get().status());
        assertEquals(
                "turn-cancelled",
                only(spans(stopped, 3), "invoke_agent mcp-agent").attribute("error.type"));
    }

    @Test
    void should_have_the_error_of_a_tool_that_fails_and_of_a_model_that_refuses() {
        stage.when(
                "wrongly",
                Script.Rounds.of(Script.call("get_customer", "{\"customer_id\": \"seven\"}"), Script.text("No.")));
        String traceId = TestIds.trace();
        stage.ask(null, "wrongly", "traceparent", "00-" + traceId + "-00000000000000aa-01");
        Seen tool = only(spans(traceId, 6), "execute_tool get_customer");
        assertEquals("tool_error", tool.attribute("error.type"));
        assertEquals(
                Status.StatusCode.STATUS_CODE_ERROR, tool.span().getStatus().getCode());

        stage.when(
                "forbidden",
                Script.error(
                        "AccessDeniedException", "User: arn:aws:iam::123456789012:user/SEEDED-arn is not authorized"));
        String refused = TestIds.trace();
        stage.ask(null, "forbidden", "traceparent", "00-" + refused + "-00000000000000aa-01");
        assertEquals("access", spans(refused, 3).get("chat " + MODEL).getFirst().attribute("error.type"));
    }

    @Test
    void should_have_nothing_of_what_was_said() {
        String traceId = TestIds.trace();
        stage.ask(null, QUESTION, "traceparent", "00-" + traceId + "-00000000000000aa-01");
        spans(traceId, 6);
        stage.when(
                "who",
                Script.error(
                        "AccessDeniedException", "User: arn:aws:iam::123456789012:user/SEEDED-arn is not authorized"));
        stage.ask(null, "who");
        Map<String, String> outputs =
                Map.of("the spans", collector.text(), "the log", stage.agent().log());
        outputs.forEach((name, text) -> {
            for (String content : List.of("SEEDED", "customer_id", "arn:aws")) {
                assertFalse(
                        text.contains(content),
                        () -> content + " in " + name + ": "
                                + text.substring(Math.max(0, text.indexOf(content) - 300), text.indexOf(content) + 20));
            }
        });
        assertTrue(outputs.get("the log").contains("is not authorized"), "this looks into the wrong place");
    }

    @Test
    void should_have_what_was_said_only_where_that_is_switched_on() {
        try (var agent = stage.startAnother(
                toolbox.url(),
                "QUARKUS_OTEL_TRACES_SAMPLER_ARG",
                "1",
                "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
                collector.url(),
                "QUARKUS_OTEL_BSP_SCHEDULE_DELAY",
                "200ms",
                "AGENT_TELEMETRY_CONTENT",
                "true")) {
            stage.when(
                    "what is said",
                    Script.Rounds.of(Script.call("get_customer", "{\"customer_id\": 7}"), Script.text("It is said.")));
            String traceId = TestIds.trace();
            Stage.askOf(
                    agent,
                    null,
                    "what is said",
                    "application/json",
                    "traceparent",
                    "00-" + traceId + "-00000000000000aa-01");
            Map<String, List<Seen>> spans = spans(traceId, 6);
            Seen last = spans.get("chat " + MODEL).stream()
                    .filter(call -> call.attribute("gen_ai.output.messages").contains("It is said."))
                    .findFirst()
                    .orElseThrow();
            assertTrue(last.attribute("gen_ai.input.messages").contains("what is said"), last::toString);
            assertEquals(
                    "{\"customer_id\":7}",
                    only(spans, "execute_tool get_customer")
                            .attribute("gen_ai.tool.call.arguments")
                            .replace(" ", ""));
        }
    }

    /** Waits for that many spans of ours and of the toolbox, and gives them by name. */
    private static Map<String, List<Seen>> spans(String traceId, int count) {
        try {
            Await.until(
                    count + " spans of " + traceId,
                    BOUND,
                    () -> collector.trace(traceId).size() >= count);
        } catch (AssertionError e) {
            throw new AssertionError(
                    collector.trace(traceId).stream().map(Seen::name).toList() + " of "
                            + collector.spans().size() + " spans",
                    e);
        }
        return collector.trace(traceId).stream().collect(Collectors.groupingBy(Seen::name));
    }

    private static Seen only(Map<String, List<Seen>> spans, String name) {
        assertEquals(1, spans.getOrDefault(name, List.of()).size(), () -> name + " in " + spans.keySet());
        return spans.get(name).getFirst();
    }

    private static List<String> ancestors(Seen span, String traceId) {
        Map<String, Seen> byId =
                collector.trace(traceId).stream().collect(Collectors.toMap(Seen::spanId, Function.identity()));
        return java.util.stream.Stream.iterate(span, java.util.Objects::nonNull, each -> byId.get(each.parentId()))
                .map(Seen::parentId)
                .toList();
    }

    /** Of the turn, the model call and the request. */
    private static List<String> errors(Map<String, List<Seen>> spans) {
        return List.of(
                only(spans, "invoke_agent mcp-agent").attribute("error.type"),
                spans.get("chat " + MODEL).getFirst().attribute("error.type"),
                only(spans, "POST /chat").attribute("error.type"));
    }
}
