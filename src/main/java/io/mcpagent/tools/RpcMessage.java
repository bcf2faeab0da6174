package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JSON-RPC message from the server: an answer, a notification, or something that it asks of us.
 *
 * @param id      null for a notification
 * @param method  null for an answer
 * @param result  the result of anything but a tool call, or null
 * @param call    the result of a tool call, or null
 * @param error   the error object, or null
 */
record RpcMessage(
        @Nullable JsonNode id,
        @Nullable String method,
        @Nullable JsonNode result,
        @Nullable CallAnswer call,
        @Nullable JsonNode error) {

    /** In place of the size of a tool call's result: the answer is that of another request. */
    static final int NO_CALL = -1;

    private static final Set<String> CONTENT = Set.of("result", "error");

    /** Whether it answers the request of that id. */
    boolean answers(long request) {
        if (method != null) {
            return false;
        }
        if (id == null || id.isNull()) {
            // A server that could not even read the id has no other way to say so.
            return error != null;
        }
        return id.asText().equals(Long.toString(request));
    }

    /** Whether the server wants an answer from us. */
    boolean asks() {
        return method != null && id != null;
    }

    /** The answer, unless it is an error. */
    RpcMessage orThrow() throws McpException {
        if (error != null) {
            throw new McpException(
                    error.path("code").asInt(), error.path("message").asText("no message"));
        }
        if (result == null && call == null) {
            throw new McpException(McpException.FailureKind.LOST, "an answer with neither result nor error");
        }
        return this;
    }

    /** The result of anything but a tool call, unless it is an error. */
    JsonNode resultOrThrow() throws McpException {
        orThrow();
        if (result == null) {
            throw new McpException(McpException.FailureKind.LOST, "an answer of the wrong kind");
        }
        return result;
    }

    /** Reads only whose message it is, and leaves out what it carries. */
    static RpcMessage peek(LimitedInput in) throws IOException {
        return read(in, NO_CALL, false);
    }

    /**
     * Reads one message while it arrives.
     *
     * @param in         the JSON text; where it ends at its limit, so does the message
     * @param resultSize how many bytes of a tool call's result are kept, or {@link #NO_CALL}
     */
    static RpcMessage read(LimitedInput in, int resultSize) throws IOException {
        return read(in, resultSize, true);
    }

    private static RpcMessage read(LimitedInput in, int resultSize, boolean whole) throws IOException {
        JsonNode id = null;
        String method = null;
        JsonNode result = null;
        JsonNode error = null;
        CallAnswer.Builder call = null;
        try (JsonParser parser = ExactJson.MAPPER.getFactory().createParser((InputStream) in)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("the answer is not a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (whole || !CONTENT.contains(field) ? field : "") {
                    case "id" -> id = parser.readValueAsTree();
                    case "method" -> method = parser.getValueAsString();
                    case "error" -> error = value == JsonToken.VALUE_NULL ? null : parser.readValueAsTree();
                    case "result" -> {
                        if (resultSize == NO_CALL || value != JsonToken.START_OBJECT) {
                            result = ExactJson.list(parser);
                        } else {
                            call = new CallAnswer.Builder(resultSize);
                            call.read(parser);
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
        } catch (JsonEOFException e) {
            if ((whole && call == null) || !in.limitReached()) {
                throw e;
            }
        }
        return new RpcMessage(id, method, result, call == null ? null : call.answer(!in.limitReached()), error);
    }
}
