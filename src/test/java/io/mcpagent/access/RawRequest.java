package io.mcpagent.access;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One request on a connection of its own, byte for byte as it is given; no client library would send these. */
final class RawRequest {

    /** What came back; status 0 if the connection ended without an answer. */
    record Answer(int status, Map<String, String> headers, String body) {}

    private RawRequest() {}

    static Answer send(int port, String head, byte[] body) throws IOException {
        return send(port, head, body, 60_000);
    }

    /** Gives up after so many milliseconds in which nothing came. */
    static Answer send(int port, String head, byte[] body, int silenceMillis) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(silenceMillis);
            try {
                socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().write(body);
                socket.getOutputStream().flush();
            } catch (SocketException e) {
                // It was refused before it was all sent; the answer may be there.
            }
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(answer);
            } catch (SocketException e) {
                // What had come before the reset counts.
            } catch (SocketTimeoutException e) {
                if (answer.size() == 0) {
                    throw e;
                }
            }
            return parse(answer.toString(StandardCharsets.UTF_8));
        }
    }

    private static Answer parse(String text) {
        int end = text.indexOf("\r\n\r\n");
        if (!text.startsWith("HTTP/1.") || end < 0) {
            return new Answer(0, Map.of(), text);
        }
        List<String> lines = text.substring(0, end).lines().toList();
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        lines.stream()
                .skip(1)
                .forEach(line -> headers.put(
                        line.substring(0, line.indexOf(':')),
                        line.substring(line.indexOf(':') + 1).strip()));
        int status = Integer.parseInt(lines.getFirst().split(" ")[1]);
        // An interim answer comes before the one that counts.
        return status == 100 ? parse(text.substring(end + 4)) : new Answer(status, headers, text.substring(end + 4));
    }
}
