package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.identity.Identity;
import io.mcpagent.jsonrpc.JsonRpc;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** The methods of MCP that the agent offers. Safe for use by many threads. */
@Singleton
final class Methods {

    /** The versions of the protocol that begin with {@code initialize}, the latest first; the later one is {@link Stateless}. */
    static final List<String> VERSIONS = List.of("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05");

    private final AskTool ask;
    private final ConversationResources conversations;
    private final String name;
    private final String version;

    Methods(
            AskTool ask,
            ConversationResources conversations,
            @ConfigProperty(name = "quarkus.application.name") String name,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.ask = ask;
        this.conversations = conversations;
        this.name = name;
        this.version = version;
    }

    /**
     * Where a request comes from.
     *
     * @param caller  the verified caller
     * @param request what names the request
     * @param trace   the trace context, or null
     */
    record Asked(
            Identity caller,
            CalledRuns.Key request,
            @Nullable String trace,
            RoutingContext http) {}

    /** @throws RpcError if there is no such method, or it can't be carried out */
    ObjectNode call(String method, JsonNode params, Asked origin) {
        return switch (method) {
            case "initialize" -> initialize(params);
            case "ping" -> JsonRpc.JSON.objectNode();
            default -> answer(method, params, origin);
        };
    }

    /**
     * The same for a request of the stateless protocol.
     *
     * @throws RpcError if there is no such method, or it can't be carried out
     */
    ObjectNode callStateless(String method, JsonNode params, Asked origin) {
        ObjectNode result = method.equals("server/discover") ? discover() : answer(method, params, origin);
        return Stateless.complete(method, result, serverInfo());
    }

    /** How the answer to a call of the tool is completed where it is streamed. */
    ObjectNode complete(ObjectNode result, boolean stateless) {
        return stateless ? Stateless.complete("tools/call", result, serverInfo()) : result;
    }

    private ObjectNode answer(String method, JsonNode params, Asked origin) {
        return switch (method) {
            case "tools/list" -> list("tools", ask.definition());
            case "tools/call" -> {
                AskTool.require(params);
                yield ask.call(params, origin);
            }
            case "resources/list" -> conversations.list(origin.caller().subject());
            case "resources/templates/list" -> list("resourceTemplates", conversations.template());
            case "resources/read" -> conversations.read(origin.caller().subject(), params);
            default -> throw new RpcError(JsonRpc.METHOD_NOT_FOUND, "This method is not offered.");
        };
    }

    private ObjectNode initialize(JsonNode params) {
        String wanted = params.path("protocolVersion").asText();
        ObjectNode result = JsonRpc.JSON
                .objectNode()
                .put("protocolVersion", VERSIONS.contains(wanted) ? wanted : VERSIONS.getFirst());
        result.set("serverInfo", serverInfo());
        return offered(result);
    }

    private ObjectNode discover() {
        ObjectNode result = JsonRpc.JSON.objectNode();
        Stateless.supported().forEach(result.putArray("supportedVersions")::add);
        return offered(result);
    }

    private ObjectNode serverInfo() {
        return JsonRpc.JSON.objectNode().put("name", name).put("version", version);
    }

    private static ObjectNode offered(ObjectNode result) {
        ObjectNode capabilities = result.putObject("capabilities");
        capabilities.putObject("tools");
        capabilities.putObject("resources");
        return result.put(
                "instructions",
                "Use the tool ask for questions about the data behind this agent. It remembers a conversation: "
                        + "give the conversationId of an answer to continue it.");
    }

    private static ObjectNode list(String name, JsonNode only) {
        ObjectNode result = JsonRpc.JSON.objectNode();
        result.putArray(name).add(only);
        return result;
    }
}
