package io.mcpagent.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.tools.McpException.FailureKind;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;

/**
 * A request to a tool server, to be sent in whatever session there is.
 *
 * @param name       the tool, or an empty text
 * @param resultSize how many bytes of a tool call's result are kept, or {@link RpcMessage#NO_CALL}
 * @param caller     what it carries of its caller
 */
record McpRequest(long id, String method, String name, ObjectNode params, int resultSize, CallerValues caller) {

    private static final Pattern PLAIN = Pattern.compile("[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?");

    /**
     * The message.
     *
     * @throws McpException if this session has no way to carry what the caller must be known by
     */
    byte[] json(McpSession session) throws McpException {
        ObjectNode sent = params.deepCopy();
        if (!caller.secure().isEmpty()) {
            if (!session.secureParameters()) {
                throw new McpException(FailureKind.REJECTED, "the server has no secure parameters any more");
            }
            ObjectNode secure = sent.putObject("secureArguments");
            caller.secure().forEach(secure::set);
        }
        if (session.stateless()) {
            McpMessages.describe(sent);
        }
        return McpMessages.request(id, method, sent);
    }

    /** The headers that it has beside those of the session. */
    List<Header> headers(McpSession session) {
        List<Header> headers = new ArrayList<>(caller.headers());
        if (session.stateless()) {
            headers.add(new BasicHeader("Mcp-Method", method));
            if (!name.isEmpty()) {
                headers.add(new BasicHeader("Mcp-Name", inHeader(name)));
            }
        }
        return headers;
    }

    /** @see <a href="https://modelcontextprotocol.io/seps/2243-http-standardization">Value encoding</a> */
    private static String inHeader(String text) {
        return PLAIN.matcher(text).matches() && !text.startsWith("=?base64?")
                ? text
                : "=?base64?" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)) + "?=";
    }

    /** The server's address, with what is bound by it. */
    URI at(URI server) {
        if (caller.address().isEmpty()) {
            return server;
        }
        StringBuilder address = new StringBuilder(server.toString());
        caller.address()
                .forEach((parameter, value) -> address.append(address.indexOf("?") < 0 ? '?' : '&')
                        .append(URLEncoder.encode(parameter, StandardCharsets.UTF_8))
                        .append('=')
                        .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return URI.create(address.toString());
    }
}
