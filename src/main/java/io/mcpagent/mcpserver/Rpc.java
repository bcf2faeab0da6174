package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Makes JSON-RPC messages. */
final class Rpc {

    static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Rpc() {}

    static ObjectNode result(JsonNode id, JsonNode result) {
        ObjectNode message = JSON.objectNode().put("jsonrpc", "2.0");
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
    static ObjectNode error(@Nullable JsonNode id, int code, @Nullable String text, @Nullable JsonNode data) {
        ObjectNode message = JSON.objectNode().put("jsonrpc", "2.0");
        message.set("id", id);
        ObjectNode error = message.putObject("error").put("code", code).put("message", text);
        if (data != null) {
            error.set("data", data);
        }
        return message;
    }
}
