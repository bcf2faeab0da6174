package io.mcpagent.turn;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A load balancer over ports of this machine that gives each connection to the next one, whether it is there or not. */
final class RoundRobin implements AutoCloseable {

    private final ServerSocket listener;
    private volatile int[] targets;
    private final AtomicInteger next = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private RoundRobin(int[] targets) throws IOException {
        this.targets = targets;
        this.listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    }

    static RoundRobin over(int... targets) {
        try {
            RoundRobin balancer = new RoundRobin(targets);
            Thread.ofVirtual().start(balancer::accept);
            return balancer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/mcp");
    }

    /** Gives no more connections to this one, as after a health check that it failed. */
    void remove(int port) {
        targets = Arrays.stream(targets).filter(target -> target != port).toArray();
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        int[] now = targets;
        int port = now[Math.floorMod(next.getAndIncrement(), now.length)];
        open.add(client);
        try (client;
                Socket target = new Socket(InetAddress.getLoopbackAddress(), port)) {
            Thread.ofVirtual().start(() -> copy(target, client));
            copy(client, target);
        } catch (IOException refused) {
            // The client sees its connection closed.
        } finally {
            open.remove(client);
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException ended) {
            // Both are closed with it.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
