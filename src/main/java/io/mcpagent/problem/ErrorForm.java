package io.mcpagent.problem;

import com.fasterxml.jackson.databind.JsonNode;

/** The form of error answers under some paths, for a protocol that has its own; everywhere else they are problems of RFC 9457. */
public interface ErrorForm {

    /** Whether the clients of this normalized path expect it. */
    boolean appliesTo(String path);

    /**
     * The body, sent as {@code application/json}.
     *
     * @param traceId the request's trace, 32 hex digits, as the log names it
     */
    JsonNode body(Problem problem, String detail, String traceId);
}
