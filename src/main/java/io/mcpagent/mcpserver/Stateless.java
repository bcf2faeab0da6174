package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.jsonrpc.JsonRpc;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a request of the stateless protocol, {@value #VERSION} and later, says of itself, and what its answer must say. Earlier clients begin with
 * {@code initialize} and send nothing of this.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http">Streamable HTTP</a>
 */
final class Stateless {

    static final String VERSION = "2026-07-28";

    private static final String PREFIX = "io.modelcontextprotocol/";
    private static final String DISCOVER = "server/discover";

    /** Which member names what a method is about; the header {@code Mcp-Name} repeats it. */
    private static final Map<String, String> NAMED = Map.of("tools/call", "name", "resources/read", "uri");

    /** For how long a client may keep a list, in milliseconds: the tools change with a release, conversations with each question. */
    private static final Map<String, Integer> FRESH = Map.of(
            "tools/list", 300_000, "resources/templates/list", 300_000, "resources/list", 0, "resources/read", 0);

    private Stateless() {}

    /** Whether the request is of this kind, rightly or not. */
    static boolean speaks(JsonNode body, @Nullable String version) {
        return meta(body).has(PREFIX + "protocolVersion")
                || body.path("method").asText().equals(DISCOVER)
                || (version != null && !Methods.VERSIONS.contains(version));
    }

    /**
     * Holds the headers against the body: what stands between may have believed them.
     *
     * @throws RpcError if they differ, or the version is not known here
     */
    static void check(JsonNode body, MultiMap headers) {
        String version = meta(body).path(PREFIX + "protocolVersion").asText();
        String said = headers.get("MCP-Protocol-Version");
        String wanted = version.isEmpty() && said != null ? said : version;
        if (!wanted.equals(VERSION)) {
            ObjectNode data = JsonRpc.JSON.objectNode();
            ArrayNode supported = data.putArray("supported");
            supported().forEach(supported::add);
            data.put("requested", wanted.length() > 32 ? "" : wanted);
            throw new RpcError(RpcError.UNSUPPORTED_VERSION, "Unsupported protocol version", data);
        }
        if (!meta(body).path(PREFIX + "clientCapabilities").isObject() || version.isEmpty()) {
            throw new RpcError(
                    JsonRpc.INVALID_PARAMS,
                    "Send protocolVersion and clientCapabilities in the _meta of each request.");
        }
        String method = body.path("method").asText();
        same("MCP-Protocol-Version", said, version);
        same("Mcp-Method", headers.get("Mcp-Method"), method);
        String named = NAMED.get(method);
        if (named != null) {
            same(
                    "Mcp-Name",
                    decoded(headers.get("Mcp-Name")),
                    body.path("params").path(named).asText());
        }
    }

    private static void same(String name, @Nullable String header, String value) {
        if (!value.equals(header)) {
            throw new RpcError(
                    RpcError.HEADER_MISMATCH,
                    "Header mismatch: " + name + " is missing, or does not say what the body says");
        }
    }

    private static @Nullable String decoded(@Nullable String header) {
        if (header == null || !header.startsWith("=?base64?") || !header.endsWith("?=")) {
            return header;
        }
        try {
            byte[] value = Base64.getDecoder().decode(header.substring("=?base64?".length(), header.length() - 2));
            return new String(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
            return null;
        }
    }

    /** Makes the answer of a method one of this version. */
    static ObjectNode complete(String method, ObjectNode result, ObjectNode serverInfo) {
        result.put("resultType", "complete");
        result.withObject("/_meta").set(PREFIX + "serverInfo", serverInfo);
        Integer fresh = FRESH.get(method);
        return fresh == null ? result : result.put("ttlMs", fresh).put("cacheScope", "private");
    }

    /** All versions, the latest first. */
    static List<String> supported() {
        return Stream.concat(Stream.of(VERSION), Methods.VERSIONS.stream()).toList();
    }

    private static JsonNode meta(JsonNode body) {
        return body.path("params").path("_meta");
    }
}
