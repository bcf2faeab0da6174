package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * One JSON parser for all events that arrive together: making one for each event costs more than reading it. Each event is a document of its own,
 * and what follows the document within its event is ignored. For one thread.
 */
final class EventParser implements AutoCloseable {

    private final Event event = new Event();
    private JsonParser parser;

    /** The bytes of the current event, at whose end the parser believes to be at the end of all. */
    private static final class Event extends InputStream {
        private byte[] bytes;
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
     * Reads an event, as {@link Json#fields} does.
     *
     * @throws IOException if it is no JSON
     */
    void read(byte[] bytes, int offset, int length, Json.Field field) throws IOException {
        event.bytes = bytes;
        event.next = offset;
        event.end = offset + length;
        if (parser == null) {
            parser = Json.FACTORY.createParser(event);
        }
        parser.nextToken();
        Json.fields(parser, field);
        parser.releaseBuffered(OutputStream.nullOutputStream());
        // Other values may be read later than they are met; events are objects.
        if (event.ended || parser.currentToken() != JsonToken.END_OBJECT) {
            close();
        }
    }

    /** Gives the parser's buffers back, until the next event. */
    @Override
    public void close() throws IOException {
        if (parser != null) {
            parser.close();
            parser = null;
        }
        event.ended = false;
    }
}
