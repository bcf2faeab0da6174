package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * One JSON parser for all events that arrive together: making one for each event costs more than reading it. Each event is a document of its own,
 * and what follows the document within its event is ignored. For one thread.
 */
final class EventParser implements AutoCloseable {

    private final Event event = new Event();
    private @Nullable JsonParser parser;

    /** The bytes of the current event, at whose end the parser believes to be at the end of all. */
    private static final class Event extends InputStream {
        private byte[] bytes = {};
        private int next;
        private int end;
        private boolean ended;

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] to, int offset, int length) {
            int count = Math.min(length, end - next);
            if (count <= 0) {
                ended = true;
                return -1;
            }
            System.arraycopy(bytes, next, to, offset, count);
            next += count;
            return count;
        }
    }

    /**
     * Reads an event, as {@link JsonFields#fields} does.
     *
     * @throws IOException if it is no JSON
     */
    void read(byte[] bytes, int offset, int length, JsonFields.Field field) throws IOException {
        event.bytes = bytes;
        event.next = offset;
        event.end = offset + length;
        JsonParser current = parser;
        if (current == null) {
            current = JsonFields.FACTORY.createParser(event);
            parser = current;
        }
        current.nextToken();
        JsonFields.fields(current, field);
        current.releaseBuffered(OutputStream.nullOutputStream());
        // Other values may be read later than they are met; events are objects.
        if (event.ended || current.currentToken() != JsonToken.END_OBJECT) {
            close();
        }
    }

    /** Gives the parser's buffers back, until the next event. */
    @Override
    public void close() {
        if (parser != null) {
            try {
                parser.close();
            } catch (IOException e) {
                throw new UncheckedIOException("an event is in memory", e);
            }
            parser = null;
        }
        event.ended = false;
    }
}
