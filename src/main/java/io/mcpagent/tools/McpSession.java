package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 * @param stateless   whether there is no session at the server at all: each request says all that there is to know
 * @param secureParameters whether the server has parameters that only we fill
 */
record McpSession(
        List<Header> headers, boolean hasId, boolean offersTools, boolean stateless, boolean secureParameters) {

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
                List.copyOf(headers), id != null, result.path("capabilities").has("tools"), false, false);
    }

    /** How to speak with a server without sessions, before it is known what it can do. */
    static McpSession withoutSession() {
        List<Header> headers = new ArrayList<>(noSession());
        headers.add(new BasicHeader("MCP-Protocol-Version", McpMessages.STATELESS_VERSION));
        return new McpSession(List.copyOf(headers), false, true, true, false);
    }

    /** What a {@code DiscoverResult} describes, unless the server needs a session. */
    static Optional<McpSession> ofDiscovered(JsonNode result) {
        for (JsonNode version : result.path("supportedVersions")) {
            if (version.asText().equals(McpMessages.STATELESS_VERSION)) {
                JsonNode capabilities = result.path("capabilities");
                return Optional.of(new McpSession(
                        withoutSession().headers(),
                        false,
                        capabilities.has("tools"),
                        true,
                        capabilities.path("extensions").has(McpMessages.TOOLBOX_EXTENSION)));
            }
        }
        return Optional.empty();
    }
}
