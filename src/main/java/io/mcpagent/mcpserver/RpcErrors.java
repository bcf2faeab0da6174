package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.jsonrpc.JsonRpc;
import io.mcpagent.problem.ErrorForm;
import io.mcpagent.problem.Problem;
import jakarta.inject.Singleton;

/** Errors of the HTTP request itself as MCP's clients read them: a JSON-RPC error without an id, under the problem's status. */
@Singleton
final class RpcErrors implements ErrorForm {

    @Override
    public boolean appliesTo(String path) {
        return path.equals("/mcp");
    }

    @Override
    public JsonNode body(Problem problem, String detail, String traceId) {
        ObjectNode data = JsonRpc.JSON
                .objectNode()
                .put("type", "/problems/" + problem.slug())
                .put("status", problem.status())
                .put("traceId", traceId);
        return JsonRpc.error(
                null,
                problem.status() == 400 ? JsonRpc.INVALID_REQUEST : RpcError.UNAVAILABLE,
                problem.title() + ". " + detail,
                data);
    }
}
