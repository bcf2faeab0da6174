package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import org.jspecify.annotations.Nullable;

/**
 * What the server and we agreed on when we connected.
 *
 * @param headers     what each request of this session carries
 * @param hasId       whether the server gave the session an id, so that it can forget it
 * @param offersTools whether the server has the tools capability
 */
record McpSession(List<Header> headers, boolean hasId, boolean offersTools) {

    static final String ID_HEADER = "Mcp-Session-Id";

    private static final Set<String> SPOKEN =
            Set.of(McpMessages.PROTOCOL_VERSION, "2025-06-18", "2025-03-26", "2024-11-05");

    /** Headers of requests before there is a session. */
    static List<Header> noSession() {
        return List.of(new BasicHeader("Accept", "application/json, text/event-stream"));
    }

    /**
     * The session that an {@code InitializeResult} describes.
     *
     * @param id the session id that the server gave, or null
     */
    static McpSession of(JsonNode result, @Nullable String id) throws McpException {
        String version = result.path("protocolVersion").asText();
        if (!SPOKEN.contains(version)) {
            throw new McpException(
                    McpException.FailureKind.REJECTED, "the server wants to speak an MCP version that we don't");
        }
        List<Header> headers = new ArrayList<>(noSession());
        headers.add(new BasicHeader("MCP-Protocol-Version", version));
        if (id != null) {
            headers.add(new BasicHeader(ID_HEADER, id));
        }
        return new McpSession(
                List.copyOf(headers), id != null, result.path("capabilities").has("tools"));
    }
}
