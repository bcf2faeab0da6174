package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** A client that sees each byte: it reads until the end of the answer, the end of the connection, or silence. */
final class Wire implements AutoCloseable {

    static final String QUESTION = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}";

    /** How an answer ended. */
    enum End {
        COMPLETE,
        CLOSED,
        RESET,
        SILENT
    }

    /** An event-stream message; a checksum that doesn't fit is told, not thrown. */
    record Frame(Map<String, String> headers, JsonNode payload, int length, boolean intact) {
        String type() {
            return headers.getOrDefault(":event-type", headers.get(":exception-type"));
        }
    }

    record Answer(int status, Map<String, String> headers, byte[] body, End end) {
        JsonNode json() {
            return Json.parse(new String(body, StandardCharsets.UTF_8));
        }

        List<Frame> frames() {
            List<Frame> frames = new ArrayList<>();
            ByteBuffer buffer = ByteBuffer.wrap(body);
            while (buffer.remaining() >= 16) {
                frames.add(frame(buffer));
            }
            return frames;
        }

        List<String> types() {
            return frames().stream().map(Frame::type).toList();
        }
    }

    private final Socket socket;
    private final InputStream in;
    private final byte[] buffer = new byte[65_536];
    private int at;
    private int end;

    Wire(LocalBedrock bedrock) throws IOException {
        socket = new Socket("127.0.0.1", bedrock.port());
        in = socket.getInputStream();
    }

    Wire send(String operation, String body) throws IOException {
        return send("POST", "/model/anthropic.claude%3A0/" + operation, body, "authorization: Bearer token\r\n");
    }

    Wire send(String method, String path, String body, String headers) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        socket.getOutputStream()
                .write(Bytes.join(
                        (method + " " + path + " HTTP/1.1\r\nhost: localhost\r\n" + headers
                                        + "content-length: "
                                        + bytes.length + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII),
                        bytes));
        return this;
    }

    /** Reads until the answer ends or {@code silenceMillis} pass without a byte. */
    Answer read(int silenceMillis) throws IOException {
        socket.setSoTimeout(silenceMillis);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        Map<String, String> headers = new LinkedHashMap<>();
        int status = 0;
        try {
            status = Integer.parseInt(line().split(" ")[1]);
            for (String line = line(); !line.isEmpty(); line = line()) {
                headers.put(
                        line.substring(0, line.indexOf(':')),
                        line.substring(line.indexOf(':') + 1).strip());
            }
            if (headers.containsKey("content-length")) {
                copy(body, Integer.parseInt(headers.get("content-length")));
            } else {
                for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                    copy(body, size);
                    line();
                }
                line();
            }
            return new Answer(status, headers, body.toByteArray(), End.COMPLETE);
        } catch (SocketTimeoutException silent) {
            return new Answer(status, headers, body.toByteArray(), End.SILENT);
        } catch (EOFException closed) {
            return new Answer(status, headers, body.toByteArray(), End.CLOSED);
        } catch (SocketException reset) {
            return new Answer(status, headers, body.toByteArray(), End.RESET);
        }
    }

    private void copy(ByteArrayOutputStream to, int length) throws IOException {
        for (int i = 0; i < length; i++) {
            to.write(next());
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = next(); c != '\n'; c = next()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private int next() throws IOException {
        int c = buffered();
        if (c < 0) {
            throw new EOFException();
        }
        return c;
    }

    private int buffered() throws IOException {
        if (at == end) {
            end = in.read(buffer);
            at = 0;
        }
        if (end < 0) {
            end = 0;
            return -1;
        }
        return buffer[at++] & 0xff;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static Frame frame(ByteBuffer buffer) {
        int start = buffer.position();
        int length = buffer.getInt();
        int headerLength = buffer.getInt();
        boolean intact = buffer.getInt() == crc(buffer, start, 8);
        Map<String, String> headers = new LinkedHashMap<>();
        int headersEnd = buffer.position() + headerLength;
        while (buffer.position() < headersEnd) {
            String name = text(buffer, buffer.get());
            if (buffer.get() != 7) {
                throw new AssertionError("header " + name + " is no string");
            }
            headers.put(name, text(buffer, buffer.getShort()));
        }
        String payload = text(buffer, length - 16 - headerLength);
        intact &= buffer.getInt() == crc(buffer, start, length - 4);
        return new Frame(headers, payload.isBlank() ? Json.object() : Json.parse(payload), length, intact);
    }

    private static String text(ByteBuffer buffer, int length) {
        byte[] text = new byte[length];
        buffer.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static int crc(ByteBuffer buffer, int start, int length) {
        CRC32 crc = new CRC32();
        crc.update(buffer.array(), start, length);
        return (int) crc.getValue();
    }
}
