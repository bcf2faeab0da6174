package io.mcpagent.jsonrpc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * Makes JSON-RPC 2.0 messages, as a client and as a server.
 *
 * @see <a href="https://www.jsonrpc.org/specification">JSON-RPC 2.0</a>
 */
public final class JsonRpc {

    public static final int PARSE_ERROR = -32700;
    public static final int INVALID_REQUEST = -32600;
    public static final int METHOD_NOT_FOUND = -32601;
    public static final int INVALID_PARAMS = -32602;
    public static final int INTERNAL_ERROR = -32603;

    /** Makes the nodes that messages carry. */
    public static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private JsonRpc() {}

    /** A request, which wants an answer. */
    public static ObjectNode request(JsonNode id, String method) {
        ObjectNode message = message();
        message.set("id", id);
        return message.put("method", method);
    }

    /** A notification, which wants none. */
    public static ObjectNode notification(String method) {
        return message().put("method", method);
    }

    /** The answer to the request of that id. */
    public static ObjectNode result(JsonNode id, JsonNode result) {
        ObjectNode message = message();
        message.set("id", id);
        message.set("result", result);
        return message;
    }

    /**
     * An error.
     *
     * @param id   the request's id, or null if it is not known
     * @param data more about it, or null
     */
    public static ObjectNode error(@Nullable JsonNode id, int code, @Nullable String text, @Nullable JsonNode data) {
        ObjectNode message = message();
        message.set("id", id);
        ObjectNode error = message.putObject("error").put("code", code).put("message", text);
        if (data != null) {
            error.set("data", data);
        }
        return message;
    }

    private static ObjectNode message() {
        return JSON.objectNode().put("jsonrpc", "2.0");
    }
}
