package io.mcpagent.problem;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Arrays;
import java.util.List;

/** Explains the problems that error answers name: their {@code type} leads here. */
@Path("/problems")
@Produces(MediaType.APPLICATION_JSON)
final class ProblemsResource {

    /** What a problem means. */
    record ProblemType(String type, String title, int status, String explanation) {

        static ProblemType of(Problem problem) {
            return new ProblemType(
                    "/problems/" + problem.slug(), problem.title(), problem.status(), problem.explanation());
        }
    }

    /** All of them. */
    record ProblemTypes(List<ProblemType> problems) {}

    @GET
    public ProblemTypes all() {
        return new ProblemTypes(
                Arrays.stream(Problem.values()).map(ProblemType::of).toList());
    }

    @GET
    @Path("/{type}")
    public ProblemType one(@PathParam("type") String type) {
        return Problem.find(type)
                .map(ProblemType::of)
                .orElseThrow(() -> new ProblemException(Problem.NOT_FOUND, "GET /problems lists the problems."));
    }
}
