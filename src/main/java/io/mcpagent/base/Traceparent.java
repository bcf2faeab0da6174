package io.mcpagent.base;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.TraceState;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the one header that carries a trace from hop to hop.
 *
 * @see <a href="https://www.w3.org/TR/trace-context/#traceparent-header">W3C Trace Context</a>
 */
public final class Traceparent {

    private static final int LENGTH = 55;
    private static final int TRACE_ID = 3;
    private static final int SPAN_ID = 36;
    private static final int FLAGS = 53;

    private Traceparent() {}

    /** The caller's span; an invalid one if {@code header} is null or malformed. */
    public static SpanContext read(@Nullable String header) {
        if (header == null
                || header.length() != LENGTH
                || !isHex(header.charAt(0))
                || !isHex(header.charAt(1))
                || header.startsWith("ff")
                || header.charAt(TRACE_ID - 1) != '-'
                || header.charAt(SPAN_ID - 1) != '-'
                || header.charAt(FLAGS - 1) != '-') {
            return SpanContext.getInvalid();
        }
        String traceId = header.substring(TRACE_ID, SPAN_ID - 1);
        String spanId = header.substring(SPAN_ID, FLAGS - 1);
        if (!TraceId.isValid(traceId)
                || !SpanId.isValid(spanId)
                || !isHex(header.charAt(FLAGS))
                || !isHex(header.charAt(FLAGS + 1))) {
            return SpanContext.getInvalid();
        }
        return SpanContext.createFromRemoteParent(
                traceId, spanId, TraceFlags.fromHex(header, FLAGS), TraceState.getDefault());
    }

    /** The header that makes the next hop a child of this span. */
    public static String write(SpanContext span) {
        return "00-" + span.getTraceId() + '-' + span.getSpanId() + '-'
                + span.getTraceFlags().asHex();
    }

    private static boolean isHex(char digit) {
        return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
    }
}
