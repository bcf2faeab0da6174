package io.mcpagent.model;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.support.TlsFront;
import java.io.IOException;
import java.net.URI;

/** What stands before the local Bedrock: nothing, or TLS with a certificate that this JVM trusts while the front is open. */
final class Front implements AutoCloseable {

    private final URI uri;
    private final TlsFront tls;

    private Front(URI uri, TlsFront tls) {
        this.uri = uri;
        this.tls = tls;
    }

    static Front plain(LocalBedrock bedrock) {
        return new Front(bedrock.uri(), null);
    }

    static Front encrypted(LocalBedrock bedrock) throws Exception {
        TlsFront tls = TlsFront.of("dns:localhost,ip:127.0.0.1", bedrock.port());
        // The client reads the JVM's own trust store when it connects first.
        tls.trust().forEach(System::setProperty);
        return new Front(URI.create("https://localhost:" + tls.port()), tls);
    }

    URI uri() {
        return uri;
    }

    int accepted() {
        return tls.accepted();
    }

    @Override
    public void close() throws IOException {
        if (tls != null) {
            tls.trust().keySet().forEach(System::clearProperty);
            tls.close();
        }
    }
}
