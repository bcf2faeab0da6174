package io.mcpagent.problem;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * The body of an error answer.
 *
 * @param type    where the problem is explained
 * @param title   one sentence that is the same for every occurrence
 * @param status  the HTTP status
 * @param detail  what it is this time
 * @param traceId the request's trace, 32 hex digits, as the log names it
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ProblemBody(String type, String title, int status, String detail, String traceId) {

    /** The media type of problems. */
    static final String MEDIA_TYPE = "application/problem+json";

    static ProblemBody of(Problem problem, String detail, String traceId) {
        return new ProblemBody("/problems/" + problem.slug(), problem.title(), problem.status(), detail, traceId);
    }
}
