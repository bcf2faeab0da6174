package io.mcpagent.base;

import io.opentelemetry.api.trace.SpanContext;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the trace that a request belongs to, so that a caller, the log and the spans name it alike.
 *
 * @see <a href="https://www.w3.org/TR/trace-context/">W3C Trace Context</a>
 * @see <a href="https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader">X-Ray's tracing header</a>
 */
public final class TraceIds {

    /** The request header of W3C Trace Context. */
    public static final String TRACEPARENT = "traceparent";

    /** The name of a trace's id in the log. */
    public static final String IN_LOG = "traceId";

    private static final String IN_REQUEST = TraceIds.class.getName();
    // What an AWS load balancer adds: Root=1-{8 hex}-{24 hex}; a service before us may add Parent and Sampled.
    private static final Pattern AMAZON_ROOT =
            Pattern.compile("(?:^|.*;)\\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:$|;.*)");
    private static final Pattern AMAZON_PARENT = Pattern.compile("(?:^|.*;)\\s*Parent=([0-9a-f]{16})(?:$|;.*)");
    private static final Pattern AMAZON_SAMPLED = Pattern.compile("(?:^|.*;)\\s*Sampled=([01])(?:$|;.*)");
    private static final int LONGEST_AMAZON_HEADER = 512;

    private TraceIds() {}

    /** The trace of this request: the same at every call. */
    public static String of(RoutingContext http) {
        String known = http.get(IN_REQUEST);
        if (known == null) {
            known = of(http.request()::getHeader);
            http.put(IN_REQUEST, known);
        }
        return known;
    }

    /**
     * 32 hex digits: those of {@code traceparent}, else of {@code X-Amzn-Trace-Id}, else random ones.
     *
     * @param header gives a request header's value, or null
     */
    static String of(UnaryOperator<@Nullable String> header) {
        SpanContext w3c = Traceparent.read(header.apply(TRACEPARENT));
        if (w3c.isValid()) {
            return w3c.getTraceId();
        }
        return amazon(AMAZON_ROOT, header)
                .map(root -> root.group(1) + root.group(2))
                .orElseGet(TraceIds::random);
    }

    /**
     * The caller's span; an invalid one if no header names one. A load balancer's {@code X-Amzn-Trace-Id} names a trace only.
     *
     * @param header gives a request header's value, or null
     */
    public static SpanContext parent(UnaryOperator<@Nullable String> header) {
        SpanContext w3c = Traceparent.read(header.apply(TRACEPARENT));
        if (w3c.isValid()) {
            return w3c;
        }
        Optional<MatchResult> root = amazon(AMAZON_ROOT, header);
        Optional<MatchResult> parent = amazon(AMAZON_PARENT, header);
        Optional<MatchResult> sampled = amazon(AMAZON_SAMPLED, header);
        if (root.isEmpty() || parent.isEmpty() || sampled.isEmpty()) {
            return w3c;
        }
        return Traceparent.read("00-" + root.get().group(1) + root.get().group(2) + "-"
                + parent.get().group(1) + "-0" + sampled.get().group(1));
    }

    /** An id that nobody else has. It begins with the time, in seconds, since X-Ray wants to see when a trace began. */
    public static String random() {
        return HexFormat.of().toHexDigits((int) Instant.now().getEpochSecond())
                + HexFormat.of().formatHex(Ids.randomBits(), 0, 12);
    }

    private static Optional<MatchResult> amazon(Pattern part, UnaryOperator<@Nullable String> header) {
        String amazon = header.apply("X-Amzn-Trace-Id");
        Matcher matcher = part.matcher(amazon == null || amazon.length() > LONGEST_AMAZON_HEADER ? "" : amazon);
        return matcher.matches() ? Optional.of(matcher) : Optional.empty();
    }
}
