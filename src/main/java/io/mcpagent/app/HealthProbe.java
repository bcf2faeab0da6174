package io.mcpagent.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Asks an agent on this machine for {@code /health/live}. A bare socket, since it runs every few seconds and must start in no time. */
final class HealthProbe {

    private static final int TIMEOUT_MILLIS = 2_000;
    private static final String REQUEST = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 ";

    private HealthProbe() {}

    static boolean alive(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(OK.length()), StandardCharsets.US_ASCII).equals(OK);
        } catch (IOException e) {
            return false;
        }
    }
}
