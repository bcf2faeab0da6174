package io.mcpagent.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.problem.ErrorForm;
import io.mcpagent.problem.Problem;
import jakarta.inject.Singleton;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Errors as clients of OpenAI's API read them. The status stays the problem's; {@code code} is OpenAI's where there is one for it.
 *
 * @see <a href="https://platform.openai.com/docs/guides/error-codes">Error codes</a>
 */
@Singleton
final class OpenAiErrors implements ErrorForm {

    static final String INVALID = "invalid_request_error";

    @Override
    public boolean appliesTo(String path) {
        return path.equals("/v1") || path.startsWith("/v1/");
    }

    @Override
    public JsonNode body(Problem problem, String detail, String traceId) {
        ObjectNode body = of(problem.title() + ". " + detail, type(problem), null, code(problem));
        ((ObjectNode) body.get("error")).put("trace_id", traceId);
        return body;
    }

    /**
     * The body of an error.
     *
     * @param param the parameter that is wrong, or null
     */
    static ObjectNode of(@Nullable String message, String type, @Nullable String param, @Nullable String code) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        return body;
    }

    static String type(Problem problem) {
        return switch (problem) {
            case RATE_LIMITED -> "requests";
            case BUDGET_EXCEEDED -> "insufficient_quota";
            case UNAUTHORIZED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            default -> problem.status() < 500 ? INVALID : "server_error";
        };
    }

    static String code(Problem problem) {
        return switch (problem) {
            case RATE_LIMITED -> "rate_limit_exceeded";
            case BUDGET_EXCEEDED -> "insufficient_quota";
            case UNAUTHORIZED -> "invalid_api_key";
            default -> problem.slug().replace('-', '_').toLowerCase(Locale.ROOT);
        };
    }
}
