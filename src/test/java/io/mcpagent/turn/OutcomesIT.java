package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.support.AgentProcess;
import io.mcpagent.support.Await;
import io.mcpagent.support.OtlpReceiver;
import io.mcpagent.support.RealToolbox;
import io.opentelemetry.proto.metrics.v1.Metric;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every outcome, through every door, over both stores: the answer, the status, the last event, the line in the log and the metric say the same word.
 */
class OutcomesIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** How a turn ends, and what the doors say of it. */
    private enum Case {
        COMPLETED("completed", 200, null, "stop"),
        APPROVAL_REQUIRED("approval_required", 200, null, "stop"),
        STEP_LIMIT("step_limit", 200, null, "stop"),
        MAX_TOKENS("max_tokens", 200, null, "length"),
        GUARDRAIL("guardrail", 200, null, "content_filter"),
        DECLINED("declined", 200, null, "content_filter"),
        MALFORMED("malformed", 200, null, "stop"),
        REFUSED("refused", 429, "budget-exceeded", null),
        FAILED("failed", 502, "model-refused", null);

        private final String outcome;
        private final int status;
        private final String problem;
        private final String finishReason;

        Case(String outcome, int status, String problem, String finishReason) {
            this.outcome = outcome;
            this.status = status;
            this.problem = problem;
            this.finishReason = finishReason;
        }

        String question() {
            return this == REFUSED ? "Too much: " + "x".repeat(50_000) : "End with " + name();
        }

        Script script() {
            return switch (this) {
                case COMPLETED, REFUSED -> Script.text("All is well.");
                case APPROVAL_REQUIRED -> Script.call("get_order", "{\"order_id\":42}");
                case STEP_LIMIT -> Script.call("get_customer", "{\"customer_id\":7}");
                case MAX_TOKENS -> Script.text("Half of").stop("max_tokens");
                case GUARDRAIL -> Script.text("I can't say that.").stop("guardrail_intervened");
                case DECLINED -> Script.text("No.").stop("refusal");
                case MALFORMED -> Script.text("<invoke").stop("malformed_tool_use");
                case FAILED -> Script.error("ValidationException", "no");
            };
        }
    }

    /** A way to ask. */
    private enum Door {
        CHAT,
        CHAT_STREAM,
        OPENAI,
        OPENAI_STREAM,
        AG_UI,
        MCP;

        HttpResponse<String> ask(AgentProcess agent, String question, String thread) {
            String text = JSON.getNodeFactory().textNode(question).toString();
            return switch (this) {
                case CHAT -> agent.post("/chat", "{\"message\":" + text + "}", "Accept", "application/json");
                case CHAT_STREAM -> agent.post("/chat", "{\"message\":" + text + "}", "Accept", "text/event-stream");
                case OPENAI, OPENAI_STREAM ->
                    agent.post(
                            "/v1/chat/completions",
                            "{\"model\":\"mcp-agent\",\"stream\":" + (this == OPENAI_STREAM)
                                    + ",\"messages\":[{\"role\":\"user\",\"content\":" + text + "}]}");
                case AG_UI ->
                    agent.post(
                            "/ag-ui",
                            "{\"threadId\":\"" + thread
                                    + "\",\"runId\":\"r\",\"messages\":[{\"id\":\"1\",\"role\":\"user\",\"content\":"
                                    + text + "}]}",
                            "Accept",
                            "text/event-stream");
                case MCP ->
                    agent.post(
                            "/mcp",
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"ask\",\"arguments\":{\"message\":"
                                    + text + "}}}",
                            "Accept",
                            "application/json, text/event-stream");
            };
        }

        boolean streams() {
            return this == CHAT_STREAM || this == OPENAI_STREAM || this == AG_UI;
        }

        void check(Case each, HttpResponse<String> response) throws JsonProcessingException {
            String what = each + " by " + this + ": " + response.statusCode() + " " + response.body();
            List<JsonNode> events = new ArrayList<>();
            if (streams() && response.statusCode() == 200) {
                for (String line : response.body().split("\n")) {
                    if (line.startsWith("data: {")) {
                        events.add(JSON.readTree(line.substring("data: ".length())));
                    }
                }
            }
            if (each.problem == null) {
                assertThat(response.statusCode()).as(what).isEqualTo(200);
            } else if (!streams() && this != MCP) {
                assertThat(response.statusCode()).as(what).isEqualTo(each.status);
            }
            switch (this) {
                case CHAT -> {
                    JsonNode body = JSON.readTree(response.body());
                    if (each.problem == null) {
                        assertThat(body.path("outcome").asText()).as(what).isEqualTo(each.outcome);
                    } else {
                        assertThat(body.path("type").asText()).as(what).endsWith("/problems/" + each.problem);
                    }
                }
                case CHAT_STREAM, AG_UI -> {
                    JsonNode last = events.getLast();
                    if (each.problem == null) {
                        assertThat(last.path("type").asText()).as(what).isEqualTo("RUN_FINISHED");
                        assertThat(last.at("/result/outcome").asText()).as(what).isEqualTo(each.outcome);
                        assertThat(last.at("/outcome/type").asText())
                                .as(what)
                                .isEqualTo(each == Case.APPROVAL_REQUIRED ? "interrupt" : "success");
                    } else {
                        assertThat(last.path("type").asText()).as(what).isEqualTo("RUN_ERROR");
                        assertThat(last.path("code").asText()).as(what).isEqualTo(each.problem);
                    }
                }
                case OPENAI -> {
                    JsonNode body = JSON.readTree(response.body());
                    if (each.problem == null) {
                        assertThat(body.at("/choices/0/finish_reason").asText())
                                .as(what)
                                .isEqualTo(each.finishReason);
                    } else {
                        assertThat(body.at("/error/code").asText()).as(what).isNotBlank();
                    }
                }
                case OPENAI_STREAM -> {
                    if (each.problem == null) {
                        assertThat(events.getLast()
                                        .at("/choices/0/finish_reason")
                                        .asText())
                                .as(what)
                                .isEqualTo(each.finishReason);
                    } else {
                        JsonNode error =
                                response.statusCode() == 200 ? events.getLast() : JSON.readTree(response.body());
                        assertThat(error.at("/error/code").asText()).as(what).isNotBlank();
                    }
                }
                case MCP -> {
                    JsonNode result = JSON.readTree(response.body()).path("result");
                    assertThat(result.path("isError").asBoolean()).as(what).isEqualTo(each.problem != null);
                    if (each.problem == null) {
                        assertThat(result.at("/structuredContent/outcome").asText())
                                .as(what)
                                .isEqualTo(each.outcome);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void should_say_one_word_of_a_turn_everywhere(boolean shared) throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                RealToolbox toolbox = RealToolbox.overSampleShop();
                Dynamo dynamo = shared ? Dynamo.start() : null) {
            String[] settings = {
                "AGENT_TURN_MAX_STEPS", "2",
                "AGENT_TOOLS_ASK", "get_order",
                "AGENT_BUDGET_REQUEST_TOKENS", "15000",
                "QUARKUS_LOG_CONSOLE_JSON_ENABLED", "true",
                "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT", collector.url(),
                "QUARKUS_OTEL_METRIC_EXPORT_INTERVAL", "200ms",
                "QUARKUS_OTEL_SERVICE_NAME", "outcomes",
            };
            try (Stage stage = Stage.with(toolbox.url(), dynamo == null ? settings : dynamo.settings(settings))) {
                Map<String, Long> expected = new TreeMap<>();
                List<String> words = new ArrayList<>();
                for (Case each : Case.values()) {
                    stage.when(each.question(), each.script());
                    for (Door door : Door.values()) {
                        door.check(each, door.ask(stage.agent(), each.question(), each + "-" + door));
                        words.add(each.outcome);
                        expected.merge(each.outcome, 1L, Long::sum);
                    }
                }
                Await.until(
                        "all lines of the log",
                        () -> outcomes(stage.agent()).size() >= words.size()
                                && last(words.size(), outcomes(stage.agent())).equals(words));
                // Before them are those that the stage itself asked until the agent was ready; a line comes when the
                // answer is out.
                long before = outcomes(stage.agent()).size() - words.size();
                expected.merge("completed", before, Long::sum);
                Await.until("the metric", () -> expected.equals(turns(collector)));
                System.out.printf(
                        "%s: %d outcomes through %d doors%n",
                        shared ? "dynamodb" : "memory", Case.values().length, Door.values().length);
            }
        }
    }

    private static <T> List<T> last(int count, List<T> all) {
        return all.subList(all.size() - count, all.size());
    }

    /** How the turns ended, by the lines of the log, in their order. */
    private static List<String> outcomes(AgentProcess agent) {
        List<String> outcomes = new ArrayList<>();
        for (String line : agent.log().split("\n")) {
            if (line.startsWith("{") && line.contains("\"outcome\"")) {
                try {
                    outcomes.add(JSON.readTree(line).at("/mdc/outcome").asText());
                } catch (JsonProcessingException e) {
                    throw new AssertionError(line, e);
                }
            }
        }
        return outcomes;
    }

    private static Map<String, Long> turns(OtlpReceiver collector) {
        Map<String, Long> turns = new TreeMap<>();
        for (Metric metric : collector.metrics("outcomes")) {
            if (metric.getName().equals("agent.turns")) {
                metric.getSum()
                        .getDataPointsList()
                        .forEach(point -> turns.merge(
                                point.getAttributes(0).getValue().getStringValue(), point.getAsInt(), Long::sum));
            }
        }
        return turns;
    }
}
