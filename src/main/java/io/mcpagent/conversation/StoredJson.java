package io.mcpagent.conversation;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import io.mcpagent.base.JsonBuffers;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The form in which turns are stored: JSON, read and written by hand, so that it neither depends on names in the code nor needs reflection in a
 * native executable. Members that this version does not know are skipped. What an older version could not read rightly gets a new
 * {@link #FORMAT}, which that version refuses.
 */
final class StoredJson {

    static final int FORMAT = 1;

    private static final JsonFactory FACTORY =
            JsonFactory.builder().recyclerPool(JsonBuffers.POOL).build();

    private interface Write {
        void to(JsonGenerator json) throws IOException;
    }

    private interface Read<T> {
        T from(JsonParser json) throws IOException;
    }

    private StoredJson() {}

    static byte[] write(TurnRecord turn) {
        return write(json -> StoredJsonWriter.turn(json, turn));
    }

    static byte[] write(PendingTurn pending) {
        return write(json -> StoredJsonWriter.pending(json, pending));
    }

    /** @throws IllegalStateException if it is damaged, or of a later format */
    static TurnRecord readTurn(byte[] stored) {
        return read(stored, StoredJsonReader::turn);
    }

    /** @throws IllegalStateException if it is damaged, or of a later format */
    static PendingTurn readPending(byte[] stored) {
        return read(stored, StoredJsonReader::pending);
    }

    private static byte[] write(Write write) {
        // Through text, since a byte generator refuses half a surrogate pair, and a tool may well answer with one: here
        // it becomes "?".
        StringWriter text = new StringWriter(1024);
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            write.to(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static <T> T read(byte[] stored, Read<T> read) {
        try (JsonParser json = FACTORY.createParser(stored)) {
            json.nextToken();
            return read.from(json);
        } catch (IOException | RuntimeException e) {
            // Without the cause's message, which may quote what is stored.
            throw new IllegalStateException(
                    "a stored turn can't be read: " + e.getClass().getSimpleName());
        }
    }
}
