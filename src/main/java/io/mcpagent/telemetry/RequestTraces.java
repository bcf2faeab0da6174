package io.mcpagent.telemetry;

import io.mcpagent.access.OpenPaths;
import io.mcpagent.base.TraceIds;
import io.mcpagent.base.Traceparent;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.MDC;

/**
 * Begins each request's trace, before anything else is done about it: its id is in the answer's {@code X-Trace-Id}, in every log line and in every
 * problem. What must be paid for or signed in for also gets a span. From here on the request's {@code traceparent} names that span, so that
 * spans of that request begin below it. Quarkus' own instrumentation would cost a turn several times as much and knows nothing of the load balancer's header.
 */
@Singleton
final class RequestTraces {

    /** The answer's header with the trace's id. */
    static final String HEADER = "X-Trace-Id";

    private static final int BEFORE_ALL_OTHERS = 10_000;
    /** Where Quarkus REST leaves the template of the path, such as {@code /chat/{id}}. */
    private static final String TEMPLATE = "UrlPathTemplate";

    private final Spans spans;

    RequestTraces(Spans spans) {
        this.spans = spans;
    }

    void register(@Observes Filters filters) {
        filters.register(this::begin, BEFORE_ALL_OTHERS);
    }

    private void begin(RoutingContext http) {
        String traceId = TraceIds.of(http);
        http.response().putHeader(HEADER, traceId);
        MDC.put(TraceIds.IN_LOG, traceId);
        if (spans.on() && !isQuiet(http.normalizedPath())) {
            Span span = span(http.request(), http.normalizedPath(), traceId);
            http.request().headers().set(TraceIds.TRACEPARENT, Traceparent.write(span.getSpanContext()));
            if (span.isRecording()) {
                Context context = Vertx.currentContext();
                http.addEndHandler(ended -> end(span, http, context, ended));
            }
        }
        http.next();
    }

    /** Health checks, the page's files and dev mode's pages: too many, and nothing happens in them. */
    private static boolean isQuiet(String path) {
        return OpenPaths.contain(path) || path.startsWith("/q/");
    }

    private Span span(HttpServerRequest request, String path, String traceId) {
        SpanContext parent = TraceIds.parent(request::getHeader);
        var builder = spans.below(parent, request.method().name(), SpanKind.SERVER)
                .setAttribute(Semantics.HTTP_METHOD, request.method().name())
                .setAttribute(Semantics.URL_SCHEME, request.scheme())
                .setAttribute(Semantics.URL_PATH, path);
        return parent.isValid()
                ? builder.startSpan()
                : ScopedValue.where(TraceIdGenerator.GIVEN, traceId).call(builder::startSpan);
    }

    private static void end(Span span, RoutingContext http, Context context, AsyncResult<Void> ended) {
        String template = context == null ? null : context.getLocal(TEMPLATE);
        if (template != null) {
            span.updateName(http.request().method().name() + " " + template)
                    .setAttribute(Semantics.HTTP_ROUTE, template);
        }
        int status = http.response().getStatusCode();
        span.setAttribute(Semantics.HTTP_STATUS, (long) status);
        if (status >= 500) {
            Spans.fail(span, Integer.toString(status));
        } else if (ended.failed()) {
            Spans.fail(span, "client_gone");
        }
        span.end();
    }
}
