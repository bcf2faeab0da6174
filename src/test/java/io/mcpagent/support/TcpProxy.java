package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy on 127.0.0.1 with faults that a test switches while it runs. A fault applies to new connections and to open
 * ones from their next bytes on. A client that ends its half of a connection ends all of it. Safe for use by several threads.
 */
public final class TcpProxy implements AutoCloseable {

    /** How a connection is cut. */
    public enum Ending {
        /** A clean end: FIN. */
        FIN,
        /** A reset: RST. */
        RST
    }

    /** What the proxy does to the bytes. */
    sealed interface Fault {
        record Pass() implements Fault {}

        record DelayRequests(Duration delay) implements Fault {}

        record Hang() implements Fault {}

        record DropResponses() implements Fault {}

        record CutResponses(long afterBytes, Ending ending) implements Fault {}

        record CutResponsesTo(byte[] request, Ending ending) implements Fault {}

        record LimitResponses(long bytesPerSecond) implements Fault {}
    }

    private final String targetHost;
    private final int targetPort;
    private final int port;
    private final Set<ProxiedConnection> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger total = new AtomicInteger();

    private volatile Fault fault = new Fault.Pass();
    private volatile ServerSocket listener;
    private volatile Thread acceptor;

    private TcpProxy(String targetHost, int targetPort) throws IOException {
        this.targetHost = targetHost;
        this.targetPort = targetPort;
        // Held, so that it is still there after a time in which connections were refused.
        this.port = HeldPort.next();
        this.listener = listen(port);
    }

    /** Starts a proxy on a free port in front of a port of 127.0.0.1. */
    public static TcpProxy to(int targetPort) {
        return to("127.0.0.1", targetPort);
    }

    /** Starts a proxy on a free port; the target need not be up. */
    public static TcpProxy to(String targetHost, int targetPort) {
        try {
            return new TcpProxy(targetHost, targetPort);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ServerSocket listen(int wantedPort) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wantedPort), 1024);
        acceptor = Thread.ofVirtual().name("proxy-accept").start(() -> accept(socket));
        return socket;
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                total.incrementAndGet();
                ProxiedConnection connection = new ProxiedConnection(client, this);
                open.add(connection);
                connection.start();
            } catch (IOException closed) {
                return;
            }
        }
    }

    Socket connectToTarget() throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(targetHost, targetPort), 5_000);
        return socket;
    }

    Fault fault() {
        return fault;
    }

    void closed(ProxiedConnection connection) {
        open.remove(connection);
    }

    /** No fault; listens again after {@link #refuse()}. Connections that hung or lost bytes stay silent. */
    public void pass() {
        switchTo(new Fault.Pass());
    }

    /** Holds each piece of a request for this long before it goes on; responses flow freely. */
    public void delayRequests(Duration delay) {
        switchTo(new Fault.DelayRequests(delay));
    }

    /** Accepts connections and forwards nothing, either way. */
    public void hang() {
        switchTo(new Fault.Hang());
    }

    /** Forwards requests and throws the responses away. */
    public void dropResponses() {
        switchTo(new Fault.DropResponses());
    }

    /** Ends each connection after so many bytes towards the client, counted from now or from its start. */
    public void cutResponsesAfter(long bytes, Ending ending) {
        switchTo(new Fault.CutResponses(bytes, ending));
    }

    /** Ends each connection after the first byte of the response to a request that has this in it. */
    public void cutResponsesTo(String request, Ending ending) {
        switchTo(new Fault.CutResponsesTo(request.getBytes(StandardCharsets.US_ASCII), ending));
    }

    /** Forwards responses at this speed at most, for each connection. */
    public void limitResponses(long bytesPerSecond) {
        switchTo(new Fault.LimitResponses(bytesPerSecond));
    }

    /** Stops listening, so that new connections are refused; open ones go on. */
    public synchronized void refuse() {
        try {
            listener.close();
            // A socket that a thread waits at is closed only when that thread has noticed.
            acceptor.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Resets (RST, both ways) every connection that is open now. */
    public void resetConnections() {
        open.forEach(connection -> connection.close(Ending.RST));
    }

    private synchronized void switchTo(Fault next) {
        fault = next;
        if (listener.isClosed()) {
            try {
                listener = listen(port);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Connections from clients that are open now. */
    public int openConnections() {
        return open.size();
    }

    /** Connections from clients since the start. */
    public int totalConnections() {
        return total.get();
    }

    /** Bytes that went to clients over the connections that are open now. */
    public long responseBytesOfOpenConnections() {
        return open.stream().mapToLong(ProxiedConnection::responseBytes).sum();
    }

    /** Waits until exactly so many connections are open. */
    public void awaitOpenConnections(int wanted, Duration bound) {
        Await.until(wanted + " open connections", bound, () -> openConnections() == wanted);
    }

    public int port() {
        return port;
    }

    @Override
    public synchronized void close() {
        refuse();
        resetConnections();
    }
}
