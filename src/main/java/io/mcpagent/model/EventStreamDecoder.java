package io.mcpagent.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Reads the frames of AWS's event-stream encoding, one at a time, out of one buffer that is reused for all of them. A frame is valid until the
 * next call of {@link #next}. For use by one thread.
 *
 * @see <a href="https://smithy.io/2.0/aws/amazon-eventstream.html">Amazon Event Stream Specification</a>
 */
final class EventStreamDecoder {

    /** The protocol allows 24 MB; a delta of a reply has some hundred bytes, a redacted reasoning some ten thousand. */
    static final int MAX_FRAME = 1 << 20;

    private static final int FIRST_BUFFER = 4 << 10;
    private static final int PRELUDE = 12;
    private static final int TRAILER = 4;
    private static final int STRING = 7;
    private static final int[] CRC_OF_BYTE = crcOfBytes();
    private static final byte[] MESSAGE_TYPE = ":message-type".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EVENT_TYPE = ":event-type".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EXCEPTION_TYPE = ":exception-type".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ERROR_CODE = ":error-code".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ERROR_MESSAGE = ":error-message".getBytes(StandardCharsets.US_ASCII);

    private final InputStream in;
    private final CRC32 checksum = new CRC32();
    private byte[] buffer = new byte[FIRST_BUFFER];
    private int start;
    private int end;

    private int payloadStart;
    private int payloadLength;
    private MessageType messageType = MessageType.OTHER;
    private String type = "";
    private String errorMessage = "";

    /** What a frame carries. */
    enum MessageType {
        EVENT,
        EXCEPTION,
        ERROR,
        /** A kind of frame that this version does not know. */
        OTHER
    }

    /** The bytes are no event stream, or it ended within a frame. */
    static final class BrokenStreamException extends IOException {
        BrokenStreamException(String message) {
            super(message);
        }
    }

    EventStreamDecoder(InputStream in) {
        this.in = in;
    }

    /**
     * Goes on to the next frame; blocks only if it is not in the buffer yet.
     *
     * @return false if the stream ended behind the frame before
     * @throws BrokenStreamException if it ended anywhere else, or a checksum or a length is wrong
     */
    boolean next() throws IOException {
        if (!fill(PRELUDE)) {
            return false;
        }
        int total = int32(start);
        int headers = int32(start + 4);
        if (preludeCrc(start) != int32(start + PRELUDE - 4)) {
            throw new BrokenStreamException("the checksum of a frame's prelude is wrong");
        }
        if (total < PRELUDE + TRAILER || total > MAX_FRAME || headers < 0 || headers > total - PRELUDE - TRAILER) {
            throw new BrokenStreamException("a frame of " + Integer.toUnsignedLong(total) + " bytes with headers of "
                    + Integer.toUnsignedLong(headers) + " bytes");
        }
        fill(total);
        if (crc(start, total - TRAILER) != int32(start + total - TRAILER)) {
            throw new BrokenStreamException("the checksum of a frame is wrong");
        }
        readHeaders(start + PRELUDE, start + PRELUDE + headers);
        payloadStart = start + PRELUDE + headers;
        payloadLength = total - PRELUDE - TRAILER - headers;
        start += total;
        return true;
    }

    MessageType messageType() {
        return messageType;
    }

    /** The type of the event or exception, or the code of the error; empty if the frame has none. */
    String type() {
        return type;
    }

    /** The text of an error frame; empty if it has none. */
    String errorMessage() {
        return errorMessage;
    }

    /** The array that the payload lies in. */
    byte[] payloadArray() {
        return buffer;
    }

    int payloadStart() {
        return payloadStart;
    }

    int payloadLength() {
        return payloadLength;
    }

    private int int32(int at) {
        return ((buffer[at] & 0xFF) << 24)
                | ((buffer[at + 1] & 0xFF) << 16)
                | ((buffer[at + 2] & 0xFF) << 8)
                | (buffer[at + 3] & 0xFF);
    }

    /** In Java: in a native executable the JDK's own is a call into C, which costs more than these eight bytes. */
    private int preludeCrc(int from) {
        int crc = ~0;
        for (int i = from; i < from + PRELUDE - 4; i++) {
            crc = CRC_OF_BYTE[(crc ^ buffer[i]) & 0xFF] ^ (crc >>> 8);
        }
        return ~crc;
    }

    private static int[] crcOfBytes() {
        int[] table = new int[256];
        for (int i = 0; i < table.length; i++) {
            int crc = i;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ 0xEDB88320;
            }
            table[i] = crc;
        }
        return table;
    }

    private int crc(int from, int length) {
        checksum.reset();
        checksum.update(buffer, from, length);
        return (int) checksum.getValue();
    }

    /** Makes sure that {@code length} bytes are in the buffer, from {@code start} on; false if the stream ended before the first of them. */
    private boolean fill(int length) throws IOException {
        if (end - start >= length) {
            return true;
        }
        makeRoom(length);
        while (end - start < length) {
            int read = in.read(buffer, end, buffer.length - end);
            if (read < 0) {
                if (end == start && length == PRELUDE) {
                    return false;
                }
                throw new BrokenStreamException("the stream ended within a frame");
            }
            end += read;
        }
        return true;
    }

    private void makeRoom(int length) {
        if (buffer.length - start >= length) {
            return;
        }
        if (buffer.length >= length) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
        } else {
            byte[] larger = new byte[Math.min(MAX_FRAME, Integer.highestOneBit(length - 1) << 1)];
            System.arraycopy(buffer, start, larger, 0, end - start);
            buffer = larger;
        }
        end -= start;
        start = 0;
    }

    private void readHeaders(int from, int to) throws BrokenStreamException {
        messageType = MessageType.OTHER;
        type = "";
        errorMessage = "";
        int at = from;
        while (at < to) {
            int nameStart = at + 1;
            int nameEnd = nameStart + (buffer[at] & 0xFF);
            if (nameEnd >= to) {
                throw new BrokenStreamException("a header of a frame is damaged");
            }
            int valueStart = nameEnd + 1 + lengthBytes(buffer[nameEnd]);
            if (valueStart > to) {
                throw new BrokenStreamException("a header of a frame is damaged");
            }
            int valueEnd = valueStart + valueLength(buffer[nameEnd], nameEnd + 1);
            if (valueEnd > to) {
                throw new BrokenStreamException("a header of a frame is damaged");
            }
            if (buffer[nameEnd] == STRING) {
                readHeader(nameStart, nameEnd, valueStart, valueEnd);
            }
            at = valueEnd;
        }
    }

    private void readHeader(int nameStart, int nameEnd, int valueStart, int valueEnd) {
        if (same(nameStart, nameEnd, MESSAGE_TYPE)) {
            messageType = switch (text(valueStart, valueEnd)) {
                case "event" -> MessageType.EVENT;
                case "exception" -> MessageType.EXCEPTION;
                case "error" -> MessageType.ERROR;
                default -> MessageType.OTHER;
            };
        } else if (same(nameStart, nameEnd, EVENT_TYPE)
                || same(nameStart, nameEnd, EXCEPTION_TYPE)
                || same(nameStart, nameEnd, ERROR_CODE)) {
            type = text(valueStart, valueEnd);
        } else if (same(nameStart, nameEnd, ERROR_MESSAGE)) {
            errorMessage = text(valueStart, valueEnd);
        }
    }

    private boolean same(int from, int to, byte[] name) {
        return Arrays.equals(buffer, from, to, name, 0, name.length);
    }

    private String text(int from, int to) {
        return new String(buffer, from, to - from, StandardCharsets.UTF_8);
    }

    /** Byte arrays and strings carry their length in two bytes; all other values are as long as their type says. */
    private static int lengthBytes(byte valueType) {
        return valueType == 6 || valueType == STRING ? 2 : 0;
    }

    private int valueLength(byte valueType, int at) throws BrokenStreamException {
        return switch (valueType) {
            case 0, 1 -> 0;
            case 2 -> 1;
            case 3 -> 2;
            case 4 -> 4;
            case 5, 8 -> 8;
            case 6, STRING -> ((buffer[at] & 0xFF) << 8) | (buffer[at + 1] & 0xFF);
            case 9 -> 16;
            default -> throw new BrokenStreamException("a header of a frame has an unknown type");
        };
    }
}
