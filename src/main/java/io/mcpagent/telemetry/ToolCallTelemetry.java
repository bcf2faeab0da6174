package io.mcpagent.telemetry;

import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import io.opentelemetry.api.trace.Span;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is seen of one tool call, with its second attempt if there is one. For one thread. */
public final class ToolCallTelemetry {

    private final Span span;
    private final Meters meters;
    private final boolean content;
    private final @Nullable String tool;
    private final @Nullable String traceparent;

    ToolCallTelemetry(Span span, Meters meters, boolean content, @Nullable String tool, @Nullable String traceparent) {
        this.span = span;
        this.meters = meters;
        this.content = content;
        this.tool = tool;
        this.traceparent = traceparent;
    }

    /** The W3C trace context to hand on to the tool server, or null. */
    public @Nullable String traceparent() {
        return traceparent;
    }

    /** The call is over. */
    public void ended(ToolAnswer result) {
        if (content && span.isRecording()) {
            span.setAttribute(Semantics.TOOL_RESULT, result.text());
        }
        end(result.outcome() == ToolOutcome.OK ? null : errorType(result.outcome()));
    }

    /** The turn was stopped, or failed, while the tool was being called. */
    public void abandoned() {
        end("cancelled");
    }

    private static String errorType(ToolOutcome outcome) {
        return outcome == ToolOutcome.ERROR ? "tool_error" : outcome.name().toLowerCase(Locale.ROOT);
    }

    private void end(@Nullable String errorType) {
        meters.toolCalled(tool, errorType == null);
        if (span.isRecording()) {
            if (errorType != null) {
                Spans.fail(span, errorType);
            }
            span.end();
        }
    }
}
