package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.access.Caller;
import io.mcpagent.base.Ids;
import io.mcpagent.jsonrpc.JsonRpc;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/**
 * The agent as an MCP server over streamable HTTP, for other agents and for editors. Every request is answered by itself, and nothing is kept between
 * two of them, so that it does not matter which instance gets which. The session's id only tells the requests of one client from those of another.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http">Streamable HTTP</a>
 */
@Path("/mcp")
@RunOnVirtualThread
final class McpEndpoint {

    private static final String SESSION = "Mcp-Session-Id";

    private final Methods methods;
    private final CalledRuns runs;
    private final Caller caller;

    McpEndpoint(Methods methods, CalledRuns runs, Caller caller) {
        this.methods = methods;
        this.runs = runs;
        this.caller = caller;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    public Response receive(
            JsonNode body,
            @HeaderParam(SESSION) String session,
            @HeaderParam("MCP-Protocol-Version") String version,
            @HeaderParam("traceparent") String trace,
            @Context RoutingContext http) {
        if (body == null || !body.isObject() || !body.path("jsonrpc").asText().equals("2.0")) {
            throw new ProblemException(Problem.INVALID_REQUEST, "Send one JSON-RPC 2.0 message.");
        }
        if (version != null && !Methods.VERSIONS.contains(version)) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "The header MCP-Protocol-Version can be " + String.join(" or ", Methods.VERSIONS) + ".");
        }
        JsonNode id = body.path("id");
        if (!body.path("method").isTextual() || id.isMissingNode()) {
            notified(body, session);
            return Response.accepted().build();
        }
        if (!id.isTextual() && !id.isIntegralNumber()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "The id of a request must be a string or a whole number.");
        }
        String method = body.path("method").asText();
        JsonNode answer = answer(
                method, body.path("params"), id, new Methods.Origin(caller.subject(), key(session, id), trace, http));
        Response.ResponseBuilder response = Response.ok(answer, MediaType.APPLICATION_JSON_TYPE);
        return (method.equals("initialize") ? response.header(SESSION, Ids.random()) : response).build();
    }

    private JsonNode answer(String method, JsonNode params, JsonNode id, Methods.Origin origin) {
        try {
            return JsonRpc.result(id, methods.call(method, params, origin));
        } catch (RpcError e) {
            return JsonRpc.error(id, e.code(), e.getMessage(), null);
        }
    }

    private void notified(JsonNode message, String session) {
        JsonNode request = message.path("params").path("requestId");
        if (message.path("method").asText().equals("notifications/cancelled") && !request.isMissingNode()) {
            runs.cancel(key(session, request));
        }
    }

    private CalledRuns.Key key(String session, JsonNode id) {
        return new CalledRuns.Key(caller.subject(), session, id.toString());
    }
}
