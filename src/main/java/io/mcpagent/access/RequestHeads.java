package io.mcpagent.access;

import io.mcpagent.problem.Problem;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Holds request lines and headers to {@code quarkus.http.limits}. Vert.x rejects an oversized head before a request exists,
 * with an empty body. Its limit is therefore {@value #ROOM} times ours, so that most oversized requests get a problem document from here.
 */
@Singleton
final class RequestHeads implements HttpServerOptionsCustomizer {

    private static final int ROOM = 4;
    /** The colon, the space and the line end. */
    private static final int AROUND_HEADER = 4;

    private final int longestLine;
    private final int longestHeaders;

    RequestHeads(
            @ConfigProperty(name = "quarkus.http.limits.max-initial-line-length", defaultValue = "4096")
                    int longestLine,
            @ConfigProperty(name = "quarkus.http.limits.max-header-size") MemorySize longestHeaders) {
        this.longestLine = longestLine;
        this.longestHeaders = Math.toIntExact(longestHeaders.asLongValue());
    }

    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        options.setMaxInitialLineLength(longestLine * ROOM).setMaxHeaderSize(longestHeaders * ROOM);
    }

    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        customizeHttpServer(options);
    }

    /** What is too long about this request, or null. */
    @Nullable
    Problem problem(HttpServerRequest request) {
        if (request.method().name().length() + request.uri().length() + " HTTP/1.1  ".length() > longestLine) {
            return Problem.URI_TOO_LONG;
        }
        long size = 0;
        for (Map.Entry<String, String> header : request.headers()) {
            size += header.getKey().length() + header.getValue().length() + AROUND_HEADER;
        }
        return size > longestHeaders ? Problem.HEADERS_TOO_LARGE : null;
    }

    /** How much is taken, for people. */
    String limit(Problem problem) {
        return problem == Problem.URI_TOO_LONG
                ? "A request line may have " + longestLine + " bytes at most."
                : "All headers together may have " + longestHeaders + " bytes at most.";
    }
}
