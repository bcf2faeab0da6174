package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The agent as an MCP server over streamable HTTP, for other agents and for editors. Every request is answered by itself, and nothing is kept between
 * two of them, so that it does not matter which instance gets which. The session's id only tells the requests of one client from those of another.
 * Clients of the stateless protocol and of the earlier ones, which begin with {@code initialize}, are served side by side.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http">Streamable HTTP</a>
 */
@Path("/mcp")
@RunOnVirtualThread
final class McpEndpoint {

    private static final String SESSION = "Mcp-Session-Id";

    private final Methods methods;
    private final AskTool ask;
    private final CalledRuns runs;
    private final Caller caller;
    private final ObjectMapper json;

    McpEndpoint(Methods methods, AskTool ask, CalledRuns runs, Caller caller, ObjectMapper json) {
        this.json = json;
        this.methods = methods;
        this.ask = ask;
        this.runs = runs;
        this.caller = caller;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    public Response receive(
            byte[] sent,
            @HeaderParam(SESSION) String session,
            @HeaderParam("MCP-Protocol-Version") String version,
            @HeaderParam("traceparent") String trace,
            @Context RoutingContext http) {
        JsonNode body;
        try {
            body = json.readTree(sent);
        } catch (IOException e) {
            return malformed();
        }
        if (body.isMissingNode()) {
            return malformed();
        }
        if (!body.isObject() || !body.path("jsonrpc").asText().equals("2.0")) {
            throw new ProblemException(Problem.INVALID_REQUEST, "Send one JSON-RPC 2.0 message.");
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
        boolean stateless = Stateless.speaks(body, version);
        Methods.Asked origin = new Methods.Asked(caller.identity(), key(session, id), trace(trace, body), http);
        try {
            return answer(body, id, origin, stateless);
        } catch (RpcError e) {
            return Response.status(stateless ? e.status() : 200)
                    .entity(JsonRpc.error(id, e.code(), e.getMessage(), e.data()))
                    .type(MediaType.APPLICATION_JSON_TYPE)
                    .build();
        }
    }

    private static Response malformed() {
        return Response.status(Problem.INVALID_REQUEST.status())
                .entity(JsonRpc.error(null, JsonRpc.PARSE_ERROR, "The body is not valid JSON.", null))
                .type(MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    private Response answer(JsonNode body, JsonNode id, Methods.Asked origin, boolean stateless) {
        String method = body.path("method").asText();
        JsonNode params = body.path("params");
        if (stateless) {
            Stateless.check(body, origin.http().request().headers());
        }
        if (wantsProgress(method, params, origin.http())) {
            AskTool.require(params);
            return Response.ok(
                            ask.stream(
                                    params,
                                    origin,
                                    params.path("_meta").path("progressToken"),
                                    result -> JsonRpc.result(id, methods.complete(result, stateless))),
                            MediaType.SERVER_SENT_EVENTS_TYPE)
                    .build();
        }
        ObjectNode result =
                stateless ? methods.callStateless(method, params, origin) : methods.call(method, params, origin);
        Response.ResponseBuilder response = Response.ok(JsonRpc.result(id, result), MediaType.APPLICATION_JSON_TYPE);
        return (method.equals("initialize") ? response.header(SESSION, Ids.random()) : response).build();
    }

    private static boolean wantsProgress(String method, JsonNode params, RoutingContext http) {
        JsonNode token = params.path("_meta").path("progressToken");
        String accept = http.request().getHeader(HttpHeaders.ACCEPT);
        return method.equals("tools/call")
                && (token.isTextual() || token.isIntegralNumber())
                && accept != null
                && accept.contains(MediaType.SERVER_SENT_EVENTS);
    }

    /** Clients that reach no header send the trace context along. */
    private static @Nullable String trace(@Nullable String header, JsonNode body) {
        return header != null
                ? header
                : body.path("params").path("_meta").path("traceparent").asText(null);
    }

    private void notified(JsonNode message, String session) {
        JsonNode request = message.path("params").path("requestId");
        if (message.path("method").asText().equals("notifications/cancelled") && !request.isMissingNode()) {
            runs.cancel(key(session, request));
        }
    }

    private CalledRuns.Key key(@Nullable String session, JsonNode id) {
        return new CalledRuns.Key(caller.subject(), session, id.toString());
    }
}
