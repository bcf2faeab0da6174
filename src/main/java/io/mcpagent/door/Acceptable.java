package io.mcpagent.door;

import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses a question whose answer nobody could read before anything is done for it. The framework itself finds out when it writes the answer: by
 * then the model was asked, and a tool may have written.
 */
final class Acceptable {

    @ServerRequestFilter
    void check(ContainerRequestContext request) {
        if (request.getMethod().equals("POST")
                && request.getAcceptableMediaTypes().stream().noneMatch(Acceptable::isOffered)) {
            throw new ProblemException(Problem.NOT_ACCEPTABLE, "Accept application/json or text/event-stream.");
        }
    }

    private static boolean isOffered(MediaType accepted) {
        return accepted.isCompatible(MediaType.APPLICATION_JSON_TYPE)
                || accepted.isCompatible(MediaType.SERVER_SENT_EVENTS_TYPE);
    }
}
