package io.mcpagent.http;

import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.ssl.SSLContexts;
import org.jspecify.annotations.Nullable;

/**
 * TLS for the connections that the agent opens, as the JDK does it for HTTPS: its trust store, and its check of the server's name. The check of
 * HttpClient, its default, reads the list of all public suffixes at each start, which is a quarter of all that one allocates; it is there to refuse
 * certificates for {@code *.com}, which the JDK refuses too where it has its own list (not in a native executable), and which no public authority
 * may issue. What it takes is made with the first connection. Safe for use by many threads.
 */
final class Tls implements TlsSocketStrategy {

    private volatile @Nullable TlsSocketStrategy made;

    @Override
    public SSLSocket upgrade(Socket socket, String target, int port, Object attachment, HttpContext context)
            throws IOException {
        return strategy().upgrade(socket, target, port, attachment, context);
    }

    /** Two threads may both make one, which costs no more than that. */
    private TlsSocketStrategy strategy() {
        TlsSocketStrategy known = made;
        if (known == null) {
            known = new DefaultClientTlsStrategy(SSLContexts.createDefault(), HostnameVerificationPolicy.BUILTIN, null);
            made = known;
        }
        return known;
    }
}
