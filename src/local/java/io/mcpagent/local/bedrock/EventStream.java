package io.mcpagent.local.bedrock;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Messages of {@code application/vnd.amazon.eventstream}: total length, header length, checksum of these two, headers,
 * payload, checksum of all before. Numbers are big-endian.
 */
final class EventStream {

    private static final byte STRING = 7;
    private static final int PRELUDE = 12;
    private static final int CHECKSUM = 4;

    private EventStream() {}

    static byte[] event(String type, byte[] payload) {
        return message(payload, ":event-type", type, ":content-type", "application/json", ":message-type", "event");
    }

    static byte[] exception(String type, byte[] payload) {
        return message(
                payload, ":exception-type", type, ":content-type", "application/json", ":message-type", "exception");
    }

    /** The message with its last checksum changed. */
    static byte[] corrupted(byte[] message) {
        byte[] wrong = message.clone();
        wrong[wrong.length - 1] ^= 0x5a;
        return wrong;
    }

    /** The message as one chunk of HTTP's chunked coding. */
    static byte[] chunk(byte[] message) {
        byte[] size = (Integer.toHexString(message.length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        byte[] chunk = new byte[size.length + message.length + 2];
        System.arraycopy(size, 0, chunk, 0, size.length);
        System.arraycopy(message, 0, chunk, size.length, message.length);
        chunk[chunk.length - 2] = '\r';
        chunk[chunk.length - 1] = '\n';
        return chunk;
    }

    private static byte[] message(byte[] payload, String... headers) {
        int headerLength = 0;
        for (int i = 0; i < headers.length; i += 2) {
            headerLength += 1 + headers[i].length() + 1 + 2 + headers[i + 1].length();
        }
        ByteBuffer out = ByteBuffer.allocate(PRELUDE + headerLength + payload.length + CHECKSUM);
        out.putInt(out.capacity()).putInt(headerLength).putInt(checksum(out));
        for (int i = 0; i < headers.length; i += 2) {
            out.put((byte) headers[i].length()).put(headers[i].getBytes(StandardCharsets.US_ASCII));
            out.put(STRING).putShort((short) headers[i + 1].length());
            out.put(headers[i + 1].getBytes(StandardCharsets.US_ASCII));
        }
        out.put(payload).putInt(checksum(out));
        return out.array();
    }

    private static int checksum(ByteBuffer writtenSoFar) {
        CRC32 crc = new CRC32();
        crc.update(writtenSoFar.array(), 0, writtenSoFar.position());
        return (int) crc.getValue();
    }
}
