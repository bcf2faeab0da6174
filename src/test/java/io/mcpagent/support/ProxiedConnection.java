package io.mcpagent.support;

import io.mcpagent.support.TcpProxy.Ending;
import io.mcpagent.support.TcpProxy.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** One client connection of a {@link TcpProxy} and its counterpart to the target, a virtual thread for each direction. */
final class ProxiedConnection {

    private static final int CHUNK = 16 * 1024;
    private static final int SLICES_PER_SECOND = 50;

    private final Socket client;
    private final TcpProxy proxy;
    private final AtomicBoolean closed = new AtomicBoolean();

    private volatile Socket target;
    private volatile boolean silent;
    private volatile Ending doomed;
    private volatile long responseBytes;

    ProxiedConnection(Socket client, TcpProxy proxy) {
        this.client = client;
        this.proxy = proxy;
    }

    void start() {
        Thread.ofVirtual().name("proxy-request").start(this::connectAndForwardRequests);
    }

    private void connectAndForwardRequests() {
        try {
            client.setTcpNoDelay(true);
            if (proxy.fault() instanceof Fault.Hang) {
                silent = true;
            } else {
                connect();
                Thread.ofVirtual().name("proxy-response").start(this::forwardResponses);
            }
            forwardRequests();
        } catch (IOException e) {
            close(Ending.RST);
        }
    }

    private void connect() throws IOException {
        target = proxy.connectToTarget();
        target.setTcpNoDelay(true);
        if (closed.get()) {
            end(target, Ending.RST);
        }
    }

    private void forwardRequests() throws IOException {
        byte[] buffer = new byte[CHUNK];
        InputStream in = client.getInputStream();
        for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
            Fault fault = proxy.fault();
            silent |= fault instanceof Fault.Hang;
            if (fault instanceof Fault.DelayRequests(var delay)) {
                LockSupport.parkNanos(delay.toNanos());
            }
            if (fault instanceof Fault.CutResponsesTo(byte[] request, Ending ending)
                    && contains(buffer, length, request)) {
                doomed = ending;
            }
            if (!silent) {
                target.getOutputStream().write(buffer, 0, length);
            }
        }
        close(Ending.FIN);
    }

    private static boolean contains(byte[] buffer, int length, byte[] wanted) {
        return IntStream.rangeClosed(0, length - wanted.length)
                .anyMatch(from -> Arrays.equals(buffer, from, from + wanted.length, wanted, 0, wanted.length));
    }

    private void forwardResponses() {
        byte[] buffer = new byte[CHUNK];
        Fault counted = proxy.fault();
        long sinceFault = 0;
        boolean dropping = false;
        try {
            InputStream in = target.getInputStream();
            OutputStream out = client.getOutputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                Fault fault = proxy.fault();
                sinceFault = fault == counted ? sinceFault : 0;
                counted = fault;
                silent |= fault instanceof Fault.Hang;
                dropping |= fault instanceof Fault.DropResponses;
                if (silent || dropping) {
                    continue;
                }
                if (doomed != null) {
                    write(out, buffer, 1, fault);
                    close(doomed);
                    return;
                }
                if (fault instanceof Fault.CutResponses(long after, Ending ending) && sinceFault + length >= after) {
                    write(out, buffer, (int) (after - sinceFault), fault);
                    close(ending);
                    return;
                }
                write(out, buffer, length, fault);
                sinceFault += length;
            }
            if (!silent && !dropping) {
                close(Ending.FIN);
            }
        } catch (IOException e) {
            close(Ending.RST);
        }
    }

    private void write(OutputStream out, byte[] buffer, int length, Fault fault) throws IOException {
        int slice = fault instanceof Fault.LimitResponses(long perSecond)
                ? Math.clamp(perSecond / SLICES_PER_SECOND, 1, CHUNK)
                : Math.max(length, 1);
        for (int from = 0; from < length; from += slice) {
            int size = Math.min(slice, length - from);
            out.write(buffer, from, size);
            responseBytes += size;
            if (fault instanceof Fault.LimitResponses(long perSecond)) {
                LockSupport.parkNanos(size * 1_000_000_000L / perSecond);
            }
        }
    }

    long responseBytes() {
        return responseBytes;
    }

    void close(Ending ending) {
        if (closed.compareAndSet(false, true)) {
            end(client, ending);
            end(target, ending);
            proxy.closed(this);
        }
    }

    private static void end(Socket socket, Ending ending) {
        if (socket == null) {
            return;
        }
        try {
            if (ending == Ending.RST) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        } catch (IOException alreadyGone) {
            // Closed is what was wanted.
        }
    }
}
