package io.mcpagent.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** A TCP load balancer: each connection goes to the next server that accepts it. */
final class RoundRobin implements AutoCloseable {

    private final int[] targets;
    private final ServerSocket listener;
    private final AtomicInteger next = new AtomicInteger();

    RoundRobin(int... targets) {
        this.targets = targets;
        try {
            this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = connect();
                pump(client, server);
                pump(server, client);
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private Socket connect() throws IOException {
        for (int i = 0; i < targets.length; i++) {
            try {
                return new Socket(
                        InetAddress.getLoopbackAddress(),
                        targets[Math.floorMod(next.getAndIncrement(), targets.length)]);
            } catch (IOException down) {
                // The next one may be up.
            }
        }
        throw new IOException("no server is up");
    }

    private static void pump(Socket from, Socket to) {
        Thread.ofVirtual().start(() -> {
            try (from;
                    to;
                    InputStream in = from.getInputStream()) {
                in.transferTo(to.getOutputStream());
            } catch (IOException broken) {
                // Both ends are closed.
            }
        });
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
