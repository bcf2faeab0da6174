package io.mcpagent.tools;

import java.io.IOException;
import java.util.Iterator;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.http.protocol.HttpContext;

/**
 * Sends a request over a new connection only after a ping was answered there. Many balancers accept a connection before they know whether
 * there is a server behind them; a request that is lost then may or may not have been carried out, a lost ping is none at all. Whatever the
 * answer to the ping is, it proves the connection. Safe for use by many threads.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping">Ping</a>
 */
final class ProvingExecutor extends HttpRequestExecutor {

    private static final byte[] PING = JsonRpc.ping("proof");

    // A server that closes each connection after one answer can't be proven so; the request is then tried again
    // without.
    private volatile boolean oneAnswerOnly;

    @Override
    public ClassicHttpResponse execute(
            ClassicHttpRequest request,
            HttpClientConnection connection,
            HttpResponseInformationCallback information,
            HttpContext context)
            throws IOException, HttpException {
        if (!oneAnswerOnly) {
            ClassicHttpRequest ping = pingLike(request);
            ClassicHttpResponse proof = super.execute(ping, connection, null, context);
            EntityUtils.consume(proof.getEntity());
            if (!DefaultConnectionReuseStrategy.INSTANCE.keepAlive(ping, proof, context)) {
                oneAnswerOnly = true;
                throw new ConnectionClosedException("the server closes each connection after one answer");
            }
        }
        return super.execute(request, connection, information, context);
    }

    private static ClassicHttpRequest pingLike(ClassicHttpRequest request) {
        ClassicHttpRequest ping = new BasicClassicHttpRequest(Method.POST, request.getPath());
        for (Iterator<Header> headers = request.headerIterator(); headers.hasNext(); ) {
            ping.addHeader(headers.next());
        }
        ping.setHeader(HttpHeaders.CONTENT_LENGTH, PING.length);
        ping.setEntity(new ByteArrayEntity(PING, ContentType.APPLICATION_JSON));
        return ping;
    }
}
