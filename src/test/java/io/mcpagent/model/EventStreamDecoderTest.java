package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.model.EventStreamDecoder.BrokenStreamException;
import io.mcpagent.model.EventStreamDecoder.MessageType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventStreamDecoderTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 8_100, 8_192, 8_193, 100_000, EventStreamDecoder.MAX_FRAME - 200})
    void should_read_frames_of_any_size_from_a_stream_that_drips(int size) throws IOException {
        byte[] payload = new byte[size];
        new Random(size).nextBytes(payload);
        byte[] small = "{}".getBytes(StandardCharsets.UTF_8);
        byte[] all = join(
                frame("event", ":event-type", "first", small),
                frame("event", ":event-type", "second", payload),
                frame("exception", ":exception-type", "throttlingException", small));
        EventStreamDecoder frames = new EventStreamDecoder(dripping(all, size < 10_000 ? 1 : 997));

        assertTrue(frames.next());
        assertEquals("first", frames.type());
        assertEquals(MessageType.EVENT, frames.messageType());
        assertTrue(frames.next());
        assertEquals("second", frames.type());
        assertTrue(Arrays.equals(
                payload,
                Arrays.copyOfRange(
                        frames.payloadArray(), frames.payloadStart(), frames.payloadStart() + frames.payloadLength())));
        assertTrue(frames.next());
        assertEquals(MessageType.EXCEPTION, frames.messageType());
        assertEquals("throttlingException", frames.type());
        assertFalse(frames.next());
    }

    @Test
    void should_pass_over_headers_of_every_type() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream headers = new DataOutputStream(bytes);
        for (int type : new int[] {0, 1, 2, 3, 4, 5, 6, 8, 9}) {
            headers.writeByte(1);
            headers.writeByte('h');
            headers.writeByte(type);
            switch (type) {
                case 2 -> headers.writeByte(1);
                case 3 -> headers.writeShort(1);
                case 4 -> headers.writeInt(1);
                case 5, 8 -> headers.writeLong(1);
                case 6 -> {
                    headers.writeShort(3);
                    headers.write(new byte[3]);
                }
                case 9 -> headers.write(new byte[16]);
                default -> {}
            }
        }
        header(headers, ":message-type", "error");
        header(headers, ":error-code", "InternalFailure");
        header(headers, ":error-message", "es klemmt");
        EventStreamDecoder frames =
                new EventStreamDecoder(new ByteArrayInputStream(frame(bytes.toByteArray(), new byte[5])));

        assertTrue(frames.next());
        assertEquals(MessageType.ERROR, frames.messageType());
        assertEquals("InternalFailure", frames.type());
        assertEquals("es klemmt", frames.errorMessage());
        assertEquals(5, frames.payloadLength());
    }

    @Test
    void should_notice_any_changed_byte() throws IOException {
        byte[] good = frame(
                "event",
                ":event-type",
                "contentBlockDelta",
                "{\"delta\":{\"text\":\"x\"}}".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 0x10;
            assertThrows(
                    BrokenStreamException.class,
                    () -> new EventStreamDecoder(new ByteArrayInputStream(bad)).next(),
                    "byte " + i);
        }
    }

    @Test
    void should_notice_an_end_within_a_frame_at_every_byte() throws IOException {
        byte[] good = frame("event", ":event-type", "contentBlockDelta", new byte[50]);
        for (int i = 1; i < good.length; i++) {
            byte[] cut = Arrays.copyOf(good, i);
            assertThrows(
                    BrokenStreamException.class,
                    () -> new EventStreamDecoder(new ByteArrayInputStream(cut)).next(),
                    i + " bytes");
        }
        assertFalse(new EventStreamDecoder(InputStream.nullInputStream()).next());
    }

    @Test
    void should_refuse_a_frame_that_is_too_large_before_it_is_read() throws IOException {
        byte[] large = frame("event", ":event-type", "x", new byte[EventStreamDecoder.MAX_FRAME]);
        CountingInput in = new CountingInput(large);
        assertThrows(BrokenStreamException.class, () -> new EventStreamDecoder(in).next());
        assertTrue(in.read <= 16_384, in.read + " bytes were read");
    }

    @Test
    @Timeout(300)
    void should_end_on_any_bytes_without_much_memory() {
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            readAll(noise);
            readAll(withGoodChecksums(noise, random));
        }
    }

    /** Frames whose checksums are right and whose lengths and headers are anything: what the checks behind the checksums see. */
    private static byte[] withGoodChecksums(byte[] noise, Random random) {
        if (noise.length < 16) {
            return noise;
        }
        int total = random.nextInt(4) == 0 ? random.nextInt() : noise.length;
        put(noise, 0, total);
        put(noise, 4, random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(noise.length));
        put(noise, 8, crc(noise, 8));
        put(noise, noise.length - 4, crc(noise, noise.length - 4));
        return noise;
    }

    private static void readAll(byte[] bytes) {
        EventStreamDecoder frames = new EventStreamDecoder(new ByteArrayInputStream(bytes));
        try {
            while (frames.next()) {
                assertTrue(frames.payloadLength() >= 0
                        && frames.payloadStart() + frames.payloadLength() <= frames.payloadArray().length);
            }
        } catch (IOException expected) {
            assertTrue(frames.payloadArray().length <= EventStreamDecoder.MAX_FRAME);
        }
    }

    static byte[] frame(String messageType, String typeHeader, String type, byte[] payload) throws IOException {
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        header(new DataOutputStream(headers), typeHeader, type);
        header(new DataOutputStream(headers), ":content-type", "application/json");
        header(new DataOutputStream(headers), ":message-type", messageType);
        return frame(headers.toByteArray(), payload);
    }

    private static void header(DataOutputStream out, String name, String value) throws IOException {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        out.writeByte(name.length());
        out.writeBytes(name);
        out.writeByte(7);
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    private static byte[] frame(byte[] headers, byte[] payload) {
        byte[] frame = new byte[16 + headers.length + payload.length];
        put(frame, 0, frame.length);
        put(frame, 4, headers.length);
        put(frame, 8, crc(frame, 8));
        System.arraycopy(headers, 0, frame, 12, headers.length);
        System.arraycopy(payload, 0, frame, 12 + headers.length, payload.length);
        put(frame, frame.length - 4, crc(frame, frame.length - 4));
        return frame;
    }

    private static int crc(byte[] bytes, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private static void put(byte[] bytes, int at, int value) {
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >>> 24 - 8 * i);
        }
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static InputStream dripping(byte[] bytes, int most) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, most));
            }
        };
    }

    private static final class CountingInput extends ByteArrayInputStream {
        private int read;

        CountingInput(byte[] bytes) {
            super(bytes);
        }

        @Override
        public synchronized int read(byte[] into, int offset, int length) {
            int count = super.read(into, offset, length);
            read += Math.max(0, count);
            return count;
        }
    }
}
