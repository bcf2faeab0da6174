package io.mcpagent.model;

import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.SocketHolder;
import org.apache.hc.core5.util.Timeout;

import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/**
 * A pooled connection that asks a {@link ReadGuard} before each read of its socket. So a deadline holds for every byte, however they drip in,
 * and what was read before can be passed on just before the thread blocks.
 */
final class BedrockConnection extends DefaultBHttpClientConnection implements ManagedHttpClientConnection {

    /** Asked before each read of the socket. */
    interface ReadGuard {
        /**
         * How long this read may block, in milliseconds, at least 1.
         *
         * @throws IOException if nothing more may be read
         */
        int beforeRead() throws IOException;
    }

    private ReadGuard guard;
    private Timeout idleTimeout = Timeout.DISABLED;

    BedrockConnection(Http1Config config) {
        super(config);
    }

    /** Sets the guard of the request that has this connection now; null for none. */
    void guard(ReadGuard readGuard) {
        this.guard = readGuard;
    }

    @Override
    public void bind(Socket socket) throws IOException {
        super.bind(new GuardedSocket(socket));
        idleTimeout = Timeout.ofMilliseconds(socket.getSoTimeout());
    }

    @Override
    public void bind(SSLSocket secure, Socket base) throws IOException {
        super.bind(new GuardedSocket(secure, base));
        idleTimeout = Timeout.ofMilliseconds(secure.getSoTimeout());
    }

    @Override
    public Socket getSocket() {
        SocketHolder holder = getSocketHolder();
        return holder == null ? null : holder.getSocket();
    }

    @Override
    public SSLSession getSSLSession() {
        return getSocket() instanceof SSLSocket secure ? secure.getSession() : null;
    }

    @Override
    public void passivate() {
        guard = null;
        super.setSocketTimeout(Timeout.DISABLED);
    }

    @Override
    public void activate() {
        super.setSocketTimeout(idleTimeout);
    }

    private final class GuardedSocket extends SocketHolder {
        GuardedSocket(Socket socket) {
            super(socket);
        }

        GuardedSocket(SSLSocket secure, Socket base) {
            super(secure, base);
        }

        @Override
        protected InputStream getInputStream(Socket socket) throws IOException {
            return new GuardedInput(socket, socket.getInputStream());
        }
    }

    private final class GuardedInput extends FilterInputStream {
        private final Socket socket;

        GuardedInput(Socket socket, InputStream in) {
            super(in);
            this.socket = socket;
        }

        @Override
        public int read() throws IOException {
            beforeRead();
            return in.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            beforeRead();
            return in.read(bytes, offset, length);
        }

        private void beforeRead() throws IOException {
            if (guard != null) {
                socket.setSoTimeout(guard.beforeRead());
            }
        }
    }
}
