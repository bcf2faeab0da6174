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

    /** The newest protocol version that every supported server speaks; 2026-07-28 has no initialize and is refused by some of them. */
    static final String PROTOCOL_VERSION = "2025-11-25";

    private McpMessages() {}

    static byte[] initialize(long id) {
        ObjectNode params = JSON.objectNode().put("protocolVersion", PROTOCOL_VERSION);
        // Nothing that a server could ask of us: no roots, no sampling, no elicitation.
        params.putObject("capabilities");
        params.putObject("clientInfo").put("name", "mcp-agent").put("version", "1.0.0");
        return request(id, "initialize", params);
    }

    static byte[] initialized() {
        return bytes(JsonRpc.notification("notifications/initialized"));
    }

    static byte[] ping(String id) {
        return bytes(JsonRpc.request(JSON.textNode(id), "ping"));
    }

    /** Asks for one page of the tools; the first if {@code cursor} is null. */
    static byte[] listTools(long id, @Nullable String cursor) {
        ObjectNode params = JSON.objectNode();
        return request(id, "tools/list", cursor == null ? params : params.put("cursor", cursor));
    }

    /** Calls a tool. */
    static byte[] callTool(long id, String name, Arguments arguments, @Nullable String traceparent) {
        ObjectNode params =
                JSON.objectNode().put("name", name).putRawValue("arguments", new RawValue(arguments.json()));
        if (traceparent != null) {
            params.putObject("_meta").put("traceparent", traceparent);
        }
        return request(id, "tools/call", params);
    }

    /** The answer to what a server asks of us: a ping is answered, anything else is not offered. */
    static byte[] answer(RpcMessage asked) {
        JsonNode id = Objects.requireNonNull(asked.id());
        return bytes(
                "ping".equals(asked.method())
                        ? JsonRpc.result(id, JSON.objectNode())
                        : JsonRpc.error(id, JsonRpc.METHOD_NOT_FOUND, "Method not found", null));
    }

    private static byte[] request(long id, String method, ObjectNode params) {
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
