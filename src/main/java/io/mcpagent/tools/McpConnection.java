package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.base.Deadline;
import io.mcpagent.config.AgentConfig;
import java.net.URI;
import java.util.List;

/**
 * Speaks MCP with one tool server. Connects when it is first used and again after every failure, so it never has to be replaced. Blocks the
 * calling (virtual) thread; interrupting that closes the request. Safe for use by many threads.
 */
sealed interface McpConnection extends AutoCloseable permits StreamableHttpConnection, SseConnection {

    /** The newest protocol version that every supported server speaks; 2026-07-28 has no initialize and is refused by some of them. */
    String PROTOCOL_VERSION = "2025-11-25";

    /** What a call may read of the server's answer for each byte that the model gets: enough to count the rows that are left out. */
    int READ_FACTOR = 64;

    /**
     * Asks for all pages of the list of tools.
     *
     * @param fresh as for a call
     * @return the tools as the server describes them; none if it does not have the capability
     */
    List<JsonNode> listTools(boolean fresh, Deadline deadline) throws McpException, InterruptedException;

    /**
     * Calls a tool once. Never sends a call twice, unless the server said that it did not handle the first.
     *
     * @param name        the tool's name at the server
     * @param arguments   the JSON text of one object
     * @param traceparent the W3C trace context, or null
     * @param fresh       whether a new network connection is to be used, since a pooled one may be dead without our knowing; if it leads nowhere,
     *                    the call was not sent
     */
    CallAnswer callTool(String name, String arguments, String traceparent, boolean fresh, Deadline deadline)
            throws McpException, InterruptedException;

    /** Closes all that is open; calls that still run fail. */
    @Override
    void close();

    /** The connection for the configured URL: its path alone decides on the transport. */
    static McpConnection to(AgentConfig.Tools config) {
        URI url = URI.create(config.url());
        McpHttp http = new McpHttp(url, config.connectTimeout(), config.maxConnections());
        int resultSize = Math.toIntExact(config.maxResultSize().asLongValue());
        return url.getPath() != null && url.getPath().endsWith("/sse")
                ? new SseConnection(http, url, resultSize)
                : new StreamableHttpConnection(http, url, resultSize);
    }
}
