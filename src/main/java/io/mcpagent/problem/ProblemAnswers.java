package io.mcpagent.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.base.TraceIds;
import io.quarkus.arc.All;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers with a problem where no resource has been reached yet: at sign-in, at the limits, and for paths that do not exist. */
@Singleton
public final class ProblemAnswers {

    private static final int DIGITS_OF_SHORT_BODY = 5;
    private static final int LINGER_MILLIS = 1_000;

    private final ObjectMapper json;
    private final List<ErrorForm> forms;

    ProblemAnswers(ObjectMapper json, @All List<ErrorForm> forms) {
        this.json = json;
        this.forms = forms;
    }

    /**
     * Ends the request, unless it has been answered; headers that were set before stay.
     *
     * @param retryAfter when it may work, or null if that can't be said
     */
    public void end(RoutingContext http, Problem problem, String detail, @Nullable Duration retryAfter) {
        HttpServerResponse response = http.response();
        if (response.ended() || response.headWritten()) {
            return;
        }
        if (retryAfter != null) {
            response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds(retryAfter)));
        }
        Body answer = body(http, problem, detail);
        // Quarkus says so of every answer that must not be compressed, but later than the first of these.
        response.setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, answer.mediaType())
                .putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY);
        Buffer body = Buffer.buffer(answer.json());
        http.request().resume();
        if (mayBeLong(http.request())) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            response.end(body).onComplete(sent -> closeSoon(http));
        } else {
            response.end(body);
        }
    }

    /** An unwanted body is not read to its end. But a client that is still sending must be able to read the answer before the connection resets. */
    private static void closeSoon(RoutingContext http) {
        http.vertx().setTimer(LINGER_MILLIS, id -> http.request().connection().close());
    }

    /**
     * The body of an error answer, in the form that clients of its path understand. A string: as an answer to a request for a stream nothing else is
     * written as JSON.
     */
    record Body(String mediaType, String json) {}

    /** What is answered to this request. */
    Body body(RoutingContext http, Problem problem, String detail) {
        for (ErrorForm form : forms) {
            if (form.appliesTo(http.normalizedPath())) {
                return new Body(MediaType.APPLICATION_JSON, write(form.body(problem, detail, traceId(http))));
            }
        }
        return new Body(ProblemBody.MEDIA_TYPE, write(ProblemBody.of(problem, detail, traceId(http))));
    }

    /** The trace of this request: the same at every call. */
    static String traceId(RoutingContext http) {
        return TraceIds.of(http);
    }

    /** Rounded up: a client that waits that long must not be too early. */
    static long seconds(Duration retryAfter) {
        return Math.max(1, (retryAfter.toMillis() + 999) / 1000);
    }

    private static boolean mayBeLong(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null
                || (length != null && length.length() > DIGITS_OF_SHORT_BODY);
    }

    private String write(Object body) {
        try {
            return json.writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
