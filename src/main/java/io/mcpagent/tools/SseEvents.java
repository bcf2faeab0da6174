package io.mcpagent.tools;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads server-sent events. Of an event with more data than the limit only the beginning is kept.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">Parsing an event stream</a>
 */
final class SseEvents {

    // Lines of other fields than data are short; what is longer is not ours.
    private static final int MAX_FIELD = 8_192;

    /** One event. */
    static final class Event {

        /** {@code message} unless the server named another. */
        final String type;

        /** Whether only the beginning was kept. */
        final boolean partial;

        private final byte[] data;

        private Event(String type, byte[] data, boolean partial) {
            this.type = type;
            this.data = data;
            this.partial = partial;
        }

        boolean isEmpty() {
            return data.length == 0;
        }

        LimitedInput input() {
            return LimitedInput.of(new ByteArrayInputStream(data), partial);
        }

        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    private final InputStream in;
    private final int limit;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean afterReturn;
    private boolean lineCut;
    private boolean started;

    SseEvents(InputStream in, int limit) {
        this.in = new BufferedInputStream(in);
        this.limit = limit;
    }

    /** Waits for the next event that carries data; null at the end of the stream, where an unfinished event does not count. */
    @Nullable
    Event next() throws IOException {
        String type = "message";
        ByteArrayOutputStream data = null;
        boolean partial = false;
        while (readLine()) {
            if (line.size() == 0 && !lineCut) {
                if (data != null) {
                    return new Event(type, data.toByteArray(), partial);
                }
                type = "message";
                continue;
            }
            byte[] bytes = line.toByteArray();
            int colon = indexOfColon(bytes);
            String field = new String(bytes, 0, Math.min(colon, MAX_FIELD), StandardCharsets.UTF_8);
            int from = Math.min(bytes.length, colon + (colon + 1 < bytes.length && bytes[colon + 1] == ' ' ? 2 : 1));
            if (field.equals("data")) {
                if (data == null) {
                    data = new ByteArrayOutputStream(bytes.length);
                } else {
                    data.write('\n');
                }
                int room = Math.max(0, limit - data.size());
                data.write(bytes, from, Math.min(room, bytes.length - from));
                partial |= lineCut || bytes.length - from > room;
            } else if (field.equals("event")) {
                type = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
            }
        }
        return null;
    }

    private static int indexOfColon(byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == ':') {
                return i;
            }
        }
        return bytes.length;
    }

    /** Lines end with CR, LF or both; false at the end of the stream. */
    private boolean readLine() throws IOException {
        line.reset();
        lineCut = false;
        while (true) {
            int next = in.read();
            if (next < 0) {
                return false;
            }
            if (next == '\n' && afterReturn) {
                afterReturn = false;
                continue;
            }
            afterReturn = next == '\r';
            if (next == '\n' || next == '\r') {
                skipByteOrderMark();
                return true;
            }
            if (line.size() < limit + MAX_FIELD) {
                line.write(next);
            } else {
                lineCut = true;
            }
        }
    }

    private void skipByteOrderMark() {
        if (!started) {
            started = true;
            byte[] bytes = line.toByteArray();
            if (bytes.length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF) {
                line.reset();
                line.write(bytes, 3, bytes.length - 3);
            }
        }
    }
}
