package io.mcpagent.local.bedrock;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One HTTP/1.1 connection, used by its own virtual thread. A pause reads from the socket instead of sleeping, so
 * that it ends at once when the client closes.
 */
final class Connection {

    private static final int MAX_HEAD = 65_536;
    private static final int MAX_BODY = 64 << 20;

    /** The client closed or reset the connection before it had its answer. */
    static final class ClientGone extends IOException {
        private static final long serialVersionUID = 1L;

        ClientGone(Throwable cause) {
            super("client gone", cause);
        }
    }

    /** A request; header names are in lower case, a repeated header is joined with commas. */
    record Request(String method, String path, Map<String, String> headers, byte[] body) {
        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private byte[] buffer = new byte[16_384];
    private int start;
    private int end;

    Connection(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /** The next request, or null at the end of the connection. */
    Request read() throws IOException {
        int head;
        while ((head = endOfHead()) < 0) {
            if (end - start > MAX_HEAD) {
                throw new IOException("request head too long");
            }
            if (!fill()) {
                return null;
            }
        }
        String[] lines = new String(buffer, start, head - start, StandardCharsets.ISO_8859_1).split("\r\n");
        start = head + 4;
        String[] first = lines[0].split(" ");
        if (first.length != 3 || !first[2].startsWith("HTTP/1.")) {
            throw new IOException("not an HTTP/1.1 request");
        }
        Map<String, String> headers = new LinkedHashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon > 0) {
                headers.merge(
                        lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                        lines[i].substring(colon + 1).strip(),
                        (a, b) -> a + "," + b);
            }
        }
        return new Request(first[0], first[1], headers, readBody(headers));
    }

    private byte[] readBody(Map<String, String> headers) throws IOException {
        if ("100-continue".equalsIgnoreCase(headers.get("expect"))) {
            write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
            return readChunks();
        }
        return take(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    }

    private byte[] readChunks() throws IOException {
        byte[] body = new byte[0];
        while (true) {
            int size = Integer.parseInt(line().split(";")[0].strip(), 16);
            if (size == 0) {
                while (!line().isEmpty()) {
                    continue;
                }
                return body;
            }
            body = Bytes.join(body, take(size));
            line();
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            char c = (char) take(1)[0];
            if (c == '\n') {
                return line.toString();
            }
            if (c != '\r') {
                line.append(c);
            }
        }
    }

    private byte[] take(int length) throws IOException {
        if (length < 0 || length > MAX_BODY) {
            throw new IOException("request body too long");
        }
        while (end - start < length) {
            if (!fill()) {
                throw new ClientGone(null);
            }
        }
        byte[] taken = Arrays.copyOfRange(buffer, start, start + length);
        start += length;
        return taken;
    }

    private int endOfHead() {
        for (int i = start; i + 3 < end; i++) {
            if (buffer[i] == '\r' && buffer[i + 1] == '\n' && buffer[i + 2] == '\r' && buffer[i + 3] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private boolean fill() throws IOException {
        if (start == end) {
            start = 0;
            end = 0;
        } else if (end == buffer.length) {
            byte[] larger = new byte[Math.max(buffer.length, (end - start) * 2)];
            System.arraycopy(buffer, start, larger, 0, end - start);
            buffer = larger;
            end -= start;
            start = 0;
        }
        int count = in.read(buffer, end, buffer.length - end);
        if (count > 0) {
            end += count;
        }
        return count > 0;
    }

    void write(byte[] bytes) throws ClientGone {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw new ClientGone(e);
        }
    }

    /** Waits this many nanoseconds, or for ever if negative; ends with {@link ClientGone} when the client closes. */
    void pause(long nanos) throws ClientGone {
        long deadline = System.nanoTime() + nanos;
        try {
            while (true) {
                long left = nanos < 0 ? 0 : (deadline - System.nanoTime() + 999_999) / 1_000_000;
                if (nanos >= 0 && left <= 0) {
                    return;
                }
                socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
                if (!fill()) {
                    throw new ClientGone(null);
                }
            }
        } catch (SocketTimeoutException elapsed) {
            return;
        } catch (ClientGone gone) {
            throw gone;
        } catch (IOException e) {
            throw new ClientGone(e);
        } finally {
            untimed();
        }
    }

    private void untimed() {
        try {
            socket.setSoTimeout(0);
        } catch (IOException closed) {
            // The next read says so.
        }
    }

    void finish() {
        try {
            socket.shutdownOutput();
            socket.close();
        } catch (IOException alreadyClosed) {
            close();
        }
    }

    void reset() {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException alreadyClosed) {
            // Closed is what is wanted.
        }
        close();
    }

    void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is left to do with it.
        }
    }
}
