package io.mcpagent.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Answers every failure with a problem from the closed list; an exception's own text goes to the log only. */
final class ProblemMapper {

    private static final Logger LOG = Logger.getLogger(ProblemMapper.class);

    private final ProblemAnswers problems;

    ProblemMapper(ProblemAnswers problems) {
        this.problems = problems;
    }

    @ServerExceptionMapper
    Response known(ProblemException e, RoutingContext http) {
        Response.ResponseBuilder response = response(http, e.problem(), e.detail());
        if (e.retryAfter() != null) {
            response.header(HttpHeaders.RETRY_AFTER, ProblemAnswers.seconds(e.retryAfter()));
        }
        return response.build();
    }

    @ServerExceptionMapper(priority = 1)
    Response unreadable(MismatchedInputException e, RoutingContext http) {
        return json(e, http);
    }

    @ServerExceptionMapper(priority = 1)
    Response malformed(JsonProcessingException e, RoutingContext http) {
        return json(e, http);
    }

    @ServerExceptionMapper
    Response refused(WebApplicationException e, RoutingContext http) {
        if (e.getCause() instanceof JsonProcessingException cause) {
            return json(cause, http);
        }
        int status = e.getResponse().getStatus();
        if (status < 400) {
            return e.getResponse();
        }
        return switch (status) {
            case 401 ->
                response(http, Problem.UNAUTHORIZED, "Send an Authorization header.")
                        .build();
            case 403 ->
                response(http, Problem.FORBIDDEN, "You may not do this.").build();
            case 404 -> response(http, Problem.NOT_FOUND, "Check the path.").build();
            case 405 ->
                response(http, Problem.METHOD_NOT_ALLOWED, "Check the method.").build();
            case 406 ->
                response(http, Problem.NOT_ACCEPTABLE, "Accept application/json or text/event-stream.")
                        .build();
            case 413 -> response(http, Problem.TOO_LARGE, "Send less.").build();
            case 415 ->
                response(http, Problem.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json.")
                        .build();
            default ->
                status < 500
                        ? response(http, Problem.INVALID_REQUEST, "The request could not be understood.")
                                .build()
                        : unexpected(e, http);
        };
    }

    /** The client left while it sent its request: nobody reads this answer, and nothing is wrong here. */
    @ServerExceptionMapper(priority = 2)
    Response brokenOff(IOException e, RoutingContext http) {
        LOG.debug("A request ended before it was whole", e);
        return response(http, Problem.INVALID_REQUEST, "The request was not complete.")
                .build();
    }

    @ServerExceptionMapper
    Response unexpected(Exception e, RoutingContext http) {
        LOG.errorf(e, "A request failed, trace %s", ProblemAnswers.traceId(http));
        return response(http, Problem.INTERNAL_ERROR, "The log of the service has the cause.")
                .build();
    }

    private Response json(JsonProcessingException e, RoutingContext http) {
        String detail = switch (e) {
            case UnrecognizedPropertyException unknown ->
                "The body has an unknown member. Known are: "
                        + unknown.getKnownPropertyIds().stream()
                                .map(Object::toString)
                                .sorted()
                                .collect(Collectors.joining(", "))
                        + ".";
            case MismatchedInputException _ -> "The body is JSON, but not of the expected form.";
            default -> "The body is not valid JSON.";
        };
        return response(http, Problem.INVALID_REQUEST, detail).build();
    }

    private Response.ResponseBuilder response(RoutingContext http, Problem problem, String detail) {
        ProblemAnswers.Body body = problems.body(http, problem, detail);
        return Response.status(problem.status()).type(body.mediaType()).entity(body.json());
    }
}
