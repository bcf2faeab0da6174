package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes JSON-RPC 2.0 messages as MCP has them. */
final class JsonRpc {

    static final int METHOD_NOT_FOUND = -32601;
    static final int INVALID_PARAMS = -32602;
    static final int INTERNAL_ERROR = -32603;

    /** Writes the fields of one object. */
    @FunctionalInterface
    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private JsonRpc() {}

    static byte[] initialize(long id) {
        return request(id, "initialize", json -> {
            json.writeStringField("protocolVersion", McpConnection.PROTOCOL_VERSION);
            // Nothing that a server could ask of us: no roots, no sampling, no elicitation.
            json.writeObjectFieldStart("capabilities");
            json.writeEndObject();
            json.writeObjectFieldStart("clientInfo");
            json.writeStringField("name", "mcp-agent");
            json.writeStringField("version", "1.0.0");
            json.writeEndObject();
        });
    }

    static byte[] initialized() {
        return message(json -> json.writeStringField("method", "notifications/initialized"));
    }

    static byte[] ping(String id) {
        return message(json -> {
            json.writeStringField("id", id);
            json.writeStringField("method", "ping");
        });
    }

    /** Asks for one page of the tools; the first if {@code cursor} is null. */
    static byte[] listTools(long id, String cursor) {
        return request(id, "tools/list", json -> {
            if (cursor != null) {
                json.writeStringField("cursor", cursor);
            }
        });
    }

    /** Calls a tool; {@code arguments} must be the text of one JSON object, it goes out unchanged. */
    static byte[] callTool(long id, String name, String arguments, String traceparent) {
        return request(id, "tools/call", json -> {
            json.writeStringField("name", name);
            json.writeFieldName("arguments");
            json.writeRawValue(arguments);
            if (traceparent != null) {
                json.writeObjectFieldStart("_meta");
                json.writeStringField("traceparent", traceparent);
                json.writeEndObject();
            }
        });
    }

    /** The answer to what a server asks of us: a ping is answered, anything else is not offered. */
    static byte[] answer(RpcMessage asked) {
        return message(json -> {
            json.writeFieldName("id");
            json.writeTree(asked.id());
            if ("ping".equals(asked.method())) {
                json.writeObjectFieldStart("result");
            } else {
                json.writeObjectFieldStart("error");
                json.writeNumberField("code", METHOD_NOT_FOUND);
                json.writeStringField("message", "Method not found");
            }
            json.writeEndObject();
        });
    }

    private static byte[] request(long id, String method, Fields params) {
        return message(json -> {
            json.writeNumberField("id", id);
            json.writeStringField("method", method);
            json.writeObjectFieldStart("params");
            params.write(json);
            json.writeEndObject();
        });
    }

    private static byte[] message(Fields fields) {
        try (ByteArrayBuilder bytes = new ByteArrayBuilder();
                JsonGenerator json = Json.MAPPER.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("jsonrpc", "2.0");
            fields.write(json);
            json.writeEndObject();
            json.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
