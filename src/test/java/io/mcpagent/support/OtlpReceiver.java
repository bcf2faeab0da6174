package io.mcpagent.support;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * What a collector does at its front: takes OTLP by gRPC, as the agent sends it, and by HTTP, as the toolbox does, both on one free port of 127.0.0.1.
 */
public final class OtlpReceiver implements AutoCloseable {

    private static final int GRPC_PREFIX = 5;

    private final Vertx vertx =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    private final List<Seen> spans = new CopyOnWriteArrayList<>();
    private final List<ExportMetricsServiceRequest> metrics = new CopyOnWriteArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final int port;
    private volatile boolean silent;

    /**
     * A span that has ended.
     *
     * @param service the service that made it
     */
    public record Seen(String service, Span span) {

        public String name() {
            return span.getName();
        }

        public String traceId() {
            return hex(span.getTraceId());
        }

        public String spanId() {
            return hex(span.getSpanId());
        }

        /** Empty for the first span of a trace. */
        public String parentId() {
            return hex(span.getParentSpanId());
        }

        /** An attribute's value as text; empty if it is absent. */
        public String attribute(String key) {
            return OtlpReceiver.attribute(span.getAttributesList(), key);
        }

        private static String hex(com.google.protobuf.ByteString id) {
            return java.util.HexFormat.of().formatHex(id.toByteArray());
        }
    }

    public OtlpReceiver() {
        HttpServer server = vertx.createHttpServer(new HttpServerOptions().setDecompressionSupported(true))
                .requestHandler(this::take);
        try {
            port = server.listen(0, "127.0.0.1")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS)
                    .actualPort();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void take(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            if (silent) {
                return;
            }
            boolean grpc = request.version() == HttpVersion.HTTP_2;
            try {
                keep(request.path(), grpc ? body.getBytes(GRPC_PREFIX, body.length()) : body.getBytes());
            } catch (InvalidProtocolBufferException | RuntimeException e) {
                failures.add(request.path() + ": " + e);
            }
            if (grpc) {
                request.response()
                        .putHeader("content-type", "application/grpc")
                        .putTrailer("grpc-status", "0")
                        .end(Buffer.buffer(new byte[GRPC_PREFIX]));
            } else {
                request.response()
                        .putHeader("content-type", "application/x-protobuf")
                        .end();
            }
        });
    }

    private void keep(String path, byte[] message) throws InvalidProtocolBufferException {
        if (path.endsWith("/v1/traces") || path.endsWith("TraceService/Export")) {
            ExportTraceServiceRequest.parseFrom(message).getResourceSpansList().forEach(resource -> {
                String service = attribute(resource.getResource().getAttributesList(), "service.name");
                resource.getScopeSpansList()
                        .forEach(scope -> scope.getSpansList().forEach(span -> spans.add(new Seen(service, span))));
            });
        } else if (path.endsWith("/v1/metrics") || path.endsWith("MetricsService/Export")) {
            metrics.add(ExportMetricsServiceRequest.parseFrom(message));
        } else {
            throw new IllegalArgumentException("nobody exports to this path");
        }
    }

    private static String attribute(List<KeyValue> attributes, String key) {
        return attributes.stream()
                .filter(each -> each.getKey().equals(key))
                .map(each -> text(each.getValue()))
                .findFirst()
                .orElse("");
    }

    private static String text(io.opentelemetry.proto.common.v1.AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> value.getStringValue();
            case INT_VALUE -> Long.toString(value.getIntValue());
            case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
            case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
            case ARRAY_VALUE ->
                value.getArrayValue().getValuesList().stream()
                        .map(OtlpReceiver::text)
                        .toList()
                        .toString();
            default -> "";
        };
    }

    /** From now on it takes everything and answers nothing, as a collector that hangs. */
    public void fallSilent() {
        silent = true;
    }

    /** All spans that came in so far, of all services. */
    public List<Seen> spans() {
        if (!failures.isEmpty()) {
            throw new AssertionError(failures);
        }
        return List.copyOf(spans);
    }

    /** Those of one trace. */
    public List<Seen> trace(String traceId) {
        return spans().stream().filter(span -> span.traceId().equals(traceId)).toList();
    }

    /** The metrics as they were exported last by that service; none if there was no export. */
    public List<Metric> metrics(String service) {
        return metrics.reversed().stream()
                .flatMap(request -> request.getResourceMetricsList().stream())
                .filter(resource -> attribute(resource.getResource().getAttributesList(), "service.name")
                        .equals(service))
                .findFirst()
                .stream()
                .flatMap(resource -> resource.getScopeMetricsList().stream())
                .flatMap(scope -> scope.getMetricsList().stream())
                .toList();
    }

    /** How often metrics were exported, by all services together. */
    public int metricExports() {
        return metrics.size();
    }

    /** Everything that came in, as text to search. */
    public String text() {
        StringBuilder text = new StringBuilder();
        spans().forEach(text::append);
        metrics.forEach(text::append);
        return text.toString();
    }

    public int port() {
        return port;
    }

    /** Where the agent is to send to, by gRPC. */
    public String url() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
