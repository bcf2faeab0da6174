package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Ports of 127.0.0.1 for servers that can't choose one by themselves and tell it.
 *
 * <p>A port that was looked up and let go again may be anybody's by the time its server starts: of another test, or of a connection that the
 * system gave it to. So each one stays bound, without listening, until this JVM ends. The system gives it to nobody else then, while a server
 * that is told to take it can: servers set {@code SO_REUSEADDR}, which is refused only where somebody listens.
 */
public final class HeldPort {

    private static final Queue<Socket> HELD = new ConcurrentLinkedQueue<>();

    private HeldPort() {}

    /** A port that nobody listens on, and that nobody is given until this JVM ends. */
    public static int next() {
        try {
            Socket socket = new Socket();
            HELD.add(socket);
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
