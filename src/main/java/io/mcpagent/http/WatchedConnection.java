package io.mcpagent.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.SocketHolder;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * A pooled connection that tells a {@link ReadGuard} of each read of its socket. So silence can be told from a server that is slow but talks, and
 * what was read before can be passed on just before the thread blocks.
 */
final class WatchedConnection extends DefaultBHttpClientConnection implements ManagedHttpClientConnection {

    /** Told of each read of the socket, on the thread that reads. */
    interface ReadGuard {
        /**
         * Before the read.
         *
         * @return how long it may block, in milliseconds; 0 for as long as nobody cuts it
         */
        int beforeRead();

        /** After it, however it ended. */
        void afterRead();

        /** What is to be thrown for a read that failed. */
        IOException failed(IOException failure);
    }

    private @Nullable ReadGuard guard;
    private Timeout idleTimeout = Timeout.DISABLED;

    WatchedConnection(Http1Config config) {
        super(config);
    }

    /** Sets the guard of the exchange that has this connection now. */
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
    public @Nullable Socket getSocket() {
        SocketHolder holder = getSocketHolder();
        return holder == null ? null : holder.getSocket();
    }

    @Override
    public @Nullable SSLSession getSSLSession() {
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
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            ReadGuard asked = guard;
            if (asked == null) {
                return in.read(bytes, offset, length);
            }
            int millis = asked.beforeRead();
            try {
                socket.setSoTimeout(millis);
                return in.read(bytes, offset, length);
            } catch (IOException e) {
                throw asked.failed(e);
            } finally {
                asked.afterRead();
            }
        }
    }
}
