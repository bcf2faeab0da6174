package io.mcpagent.telemetry;

import io.mcpagent.base.Traceparent;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.problem.Problem;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is seen of one turn: its span, with one below it for each model call and tool call; its counts; and its one line in the log. For the turn's
 * thread only.
 */
public final class TurnTelemetry {

    private final Spans spans;
    private final Meters meters;
    private final String runId;
    private final @Nullable String traceparent;
    private final Span span;
    private final long startedAt = System.nanoTime();
    private final List<String> tools = new ArrayList<>();
    private @Nullable String conversationId;
    private boolean textSeen;

    TurnTelemetry(Spans spans, Meters meters, String runId, @Nullable String traceparent) {
        this.spans = spans;
        this.meters = meters;
        this.runId = runId;
        this.traceparent = traceparent;
        this.span = spans.on() ? begin(Traceparent.read(traceparent)) : Span.getInvalid();
        meters.turnBegins();
    }

    private Span begin(SpanContext parent) {
        if (parent.isValid() && !parent.isSampled()) {
            // Nothing of this trace is wanted: no child of it needs an id.
            return Span.wrap(parent);
        }
        return spans.below(parent, Semantics.INVOKE_AGENT + " " + Semantics.AGENT, SpanKind.INTERNAL)
                .setAttribute(Semantics.OPERATION, Semantics.INVOKE_AGENT)
                .setAttribute(Semantics.PROVIDER, Semantics.BEDROCK)
                .setAttribute(Semantics.AGENT_NAME, Semantics.AGENT)
                .setAttribute(Semantics.RUN_ID, runId)
                .startSpan();
    }

    /** The turn has its conversation; a run that never gets one is no turn. */
    public void inConversation(String id) {
        conversationId = id;
        span.setAttribute(Semantics.CONVERSATION_ID, id);
    }

    /** A model is being asked; the call must be ended by one of its methods. */
    public ModelCall modelCall(String model, ModelRequest request) {
        Span call = Span.getInvalid();
        if (span.isRecording()) {
            call = spans.below(span.getSpanContext(), Semantics.CHAT + " " + model, SpanKind.CLIENT)
                    .setAttribute(Semantics.OPERATION, Semantics.CHAT)
                    .setAttribute(Semantics.PROVIDER, Semantics.BEDROCK)
                    .setAttribute(Semantics.REQUEST_MODEL, model)
                    .startSpan();
            if (spans.withContent()) {
                SpokenContent.asked(call, request);
            }
        }
        return new ModelCall(call, meters, spans.withContent(), model);
    }

    /** A tool that the server lists is being called; the call must be ended by one of its methods. */
    public ToolCallTelemetry toolCall(String tool, String callId, Arguments arguments) {
        tools.add(tool);
        Span call = Span.getInvalid();
        if (span.isRecording()) {
            call = spans.below(span.getSpanContext(), Semantics.EXECUTE_TOOL + " " + tool, SpanKind.CLIENT)
                    .setAttribute(Semantics.OPERATION, Semantics.EXECUTE_TOOL)
                    .setAttribute(Semantics.MCP_METHOD, Semantics.TOOLS_CALL)
                    .setAttribute(Semantics.TOOL_NAME, tool)
                    .setAttribute(Semantics.TOOL_CALL_ID, callId)
                    .setAttribute(Semantics.NETWORK_TRANSPORT, "tcp")
                    .startSpan();
            if (spans.withContent()) {
                call.setAttribute(Semantics.TOOL_ARGUMENTS, arguments.json());
            }
        }
        return new ToolCallTelemetry(call, meters, spans.withContent(), tool, spans.on() ? nextHop(call) : traceparent);
    }

    /** What the tools get to see: a trace that is not sampled is handed on as such, so that they don't begin traces of their own. */
    private @Nullable String nextHop(Span call) {
        return call.isRecording() ? Traceparent.write(call.getSpanContext()) : traceparent;
    }

    /** A tool call was refused before it was made. */
    public void toolRefused(String tool, boolean listed) {
        meters.toolCalled(listed ? tool : null, false);
    }

    /** The model has begun to write in a streamed turn. Only the first time counts. */
    public void textSeen() {
        if (!textSeen) {
            textSeen = true;
            meters.firstToken(seconds(startedAt));
        }
    }

    /**
     * Ends it; nothing may be told after that.
     *
     * @param outcome how the turn ended
     * @param problem why it failed, or null
     * @param modelId the model that answered, or null
     * @param before  the receipt when this request took the turn up; null if no model was asked
     * @param after   the receipt now, with what the turn had cost before it waited; null if no model was asked
     */
    public void end(
            TurnOutcome outcome,
            @Nullable Problem problem,
            @Nullable String modelId,
            @Nullable Receipt before,
            @Nullable Receipt after) {
        meters.turnEnds();
        if (problem == Problem.BUDGET_EXCEEDED) {
            meters.budgetRefused();
        }
        if (conversationId != null) {
            double seconds = seconds(startedAt);
            meters.turnEnded(outcome.word(), seconds);
            BigDecimal dollars = dollars(before, after);
            if (dollars != null && dollars.signum() > 0) {
                meters.spent(dollars.doubleValue());
            }
            TurnLog.write(
                    conversationId, runId, outcome.word(), problem, modelId, after, tools, Math.round(seconds * 1000));
        }
        if (span.isRecording()) {
            endSpan(outcome, problem, modelId, after);
        }
    }

    private void endSpan(
            TurnOutcome outcome, @Nullable Problem problem, @Nullable String modelId, @Nullable Receipt after) {
        span.setAttribute(Semantics.OUTCOME, outcome.word());
        if (modelId != null) {
            span.setAttribute(Semantics.RESPONSE_MODEL, modelId);
        }
        if (after != null) {
            ModelCall.usage(span, after.usage());
            if (after.dollars() != null) {
                span.setAttribute(Semantics.DOLLARS, after.dollars().doubleValue());
            }
        }
        if (problem != null) {
            Spans.fail(span, problem.slug());
        }
        span.end();
    }

    /** What this request added; null if that is not known. */
    private static @Nullable BigDecimal dollars(@Nullable Receipt before, @Nullable Receipt after) {
        if (after == null || after.dollars() == null) {
            return null;
        }
        return before == null || before.dollars() == null
                ? after.dollars()
                : after.dollars().subtract(before.dollars());
    }

    static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
