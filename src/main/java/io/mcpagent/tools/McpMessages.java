package io.mcpagent.tools;

import static io.mcpagent.jsonrpc.JsonRpc.JSON;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.mcpagent.jsonrpc.JsonRpc;
import io.mcpagent.model.Arguments;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes the messages of an MCP client. */
final class McpMessages {

    /** The newest protocol version with sessions. */
    static final String PROTOCOL_VERSION = "2025-11-25";

    /** The version without sessions, which not every server speaks. */
    static final String STATELESS_VERSION = "2026-07-28";

    /** What has parameters that only the client itself fills. */
    static final String TOOLBOX_EXTENSION = "com.google.cloud/toolbox.v1";

    private static final String META = "io.modelcontextprotocol/";

    private McpMessages() {}

    static byte[] initialize(long id) {
        ObjectNode params = JSON.objectNode().put("protocolVersion", PROTOCOL_VERSION);
        // Nothing that a server could ask of us: no roots, no sampling, no elicitation.
        params.putObject("capabilities");
        params.set("clientInfo", clientInfo());
        return request(id, "initialize", params);
    }

    private static ObjectNode clientInfo() {
        return JSON.objectNode().put("name", "mcp-agent").put("version", "1.0.0");
    }

    /** Says in a request who we are, as one without a session must. */
    static void describe(ObjectNode params) {
        ObjectNode meta = params.withObjectProperty("_meta");
        meta.put(META + "protocolVersion", STATELESS_VERSION);
        meta.set(META + "clientInfo", clientInfo());
        meta.putObject(META + "clientCapabilities").putObject("extensions").putObject(TOOLBOX_EXTENSION);
    }

    static byte[] initialized() {
        return bytes(JsonRpc.notification("notifications/initialized"));
    }

    static byte[] ping(String id) {
        return bytes(JsonRpc.request(JSON.textNode(id), "ping"));
    }

    /** Asks a server without sessions what it can do. */
    static McpRequest discover(long id) {
        return new McpRequest(id, "server/discover", "", JSON.objectNode(), RpcMessage.NO_CALL, CallerValues.NONE);
    }

    /** Asks for one page of the tools; the first if {@code cursor} is null. */
    static McpRequest listTools(long id, @Nullable String cursor) {
        ObjectNode params = JSON.objectNode();
        return new McpRequest(
                id,
                "tools/list",
                "",
                cursor == null ? params : params.put("cursor", cursor),
                RpcMessage.NO_CALL,
                CallerValues.NONE);
    }

    /** Calls a tool. */
    static McpRequest callTool(
            long id,
            String name,
            Arguments arguments,
            CallerValues caller,
            @Nullable String traceparent,
            int resultSize) {
        ObjectNode params =
                JSON.objectNode().put("name", name).putRawValue("arguments", new RawValue(arguments.json()));
        if (traceparent != null) {
            params.putObject("_meta").put("traceparent", traceparent);
        }
        return new McpRequest(id, "tools/call", name, params, resultSize, caller);
    }

    /** The answer to what a server asks of us: a ping is answered, anything else is not offered. */
    static byte[] answer(RpcMessage asked) {
        JsonNode id = Objects.requireNonNull(asked.id());
        return bytes(
                "ping".equals(asked.method())
                        ? JsonRpc.result(id, JSON.objectNode())
                        : JsonRpc.error(id, JsonRpc.METHOD_NOT_FOUND, "Method not found", null));
    }

    static byte[] request(long id, String method, ObjectNode params) {
        ObjectNode message = JsonRpc.request(JSON.numberNode(id), method);
        message.set("params", params);
        return bytes(message);
    }

    private static byte[] bytes(ObjectNode message) {
        try {
            return ExactJson.MAPPER.writeValueAsBytes(message);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of ours can be written", e);
        }
    }
}
