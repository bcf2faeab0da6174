package io.mcpagent.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;

/** A small TCP relay in front of a port of 127.0.0.1, which can be slow, deaf, encrypted, or a proxy that opens tunnels. */
public final class Relay implements AutoCloseable {

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile Duration drip;
    private volatile boolean tunnels;
    private volatile String connectRequest = "";

    private Relay(ServerSocket server, int target) {
        this.server = server;
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    public static Relay to(int port) throws IOException {
        return new Relay(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()), port);
    }

    /** Decrypts, with the server sockets that the factory makes. */
    public static Relay encrypted(int port, ServerSocketFactory factory) throws IOException {
        return new Relay(factory.createServerSocket(0, 100, InetAddress.getLoopbackAddress()), port);
    }

    /** Accepts and never reads a byte. */
    public static Relay deaf() throws IOException {
        return new Relay(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()), -1);
    }

    /** An HTTP proxy that opens tunnels to whatever it is asked for. */
    public static Relay proxy(int target) throws IOException {
        Relay relay = to(target);
        relay.tunnels = true;
        return relay;
    }

    /** Sends single bytes, with this pause after each. */
    public Relay dripping(Duration pause) {
        drip = pause;
        return this;
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + port());
    }

    public int port() {
        return server.getLocalPort();
    }

    public int accepted() {
        return accepted.get();
    }

    public int open() {
        return sockets.size();
    }

    public String connectRequest() {
        return connectRequest;
    }

    public void cutAll() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                accepted.incrementAndGet();
                sockets.add(client);
                if (target >= 0) {
                    Thread.ofVirtual().start(() -> connect(client));
                }
            } catch (IOException e) {
                // Closed, or a client that left at once.
            }
        }
    }

    private void connect(Socket client) {
        try (client;
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target)) {
            client.setTcpNoDelay(true);
            sockets.add(upstream);
            if (tunnels) {
                openTunnel(client);
            }
            Thread back = Thread.ofVirtual().start(() -> pump(upstream, client, drip));
            pump(client, upstream, null);
            back.join();
            sockets.remove(upstream);
        } catch (IOException | InterruptedException e) {
            // One of both has left.
        } finally {
            sockets.remove(client);
        }
    }

    private void openTunnel(Socket client) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) client.getInputStream().read());
        }
        connectRequest = head.toString();
        client.getOutputStream()
                .write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static void pump(Socket from, Socket to, Duration drip) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[drip == null ? 16_384 : 1];
            int count;
            while ((count = in.read(buffer)) >= 0) {
                out.write(buffer, 0, count);
                if (drip != null && !drip.isZero()) {
                    Thread.sleep(drip);
                }
            }
        } catch (IOException | InterruptedException e) {
            // One of both has left.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        cutAll();
    }
}
