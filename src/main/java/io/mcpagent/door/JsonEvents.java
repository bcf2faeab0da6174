package io.mcpagent.door;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Gathers server-sent events whose data is JSON. For one thread. */
public final class JsonEvents implements AutoCloseable {

    private static final SerializableString DATA = new SerializedString("data: ");
    private static final SerializableString END = new SerializedString("\n\n");

    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream(1024);
    private final ObjectMapper json;
    /** One for all events that leave together: making one for each costs more than what it writes. Null while nothing is gathered. */
    private @Nullable JsonGenerator generator;

    JsonEvents(ObjectMapper json) {
        this.json = json;
    }

    /** Writes a part of an event, such as the members of its JSON object. */
    @FunctionalInterface
    public interface Members {
        void write(JsonGenerator to) throws IOException;
    }

    /** Adds an event whose data is a JSON object of these members. */
    public void object(Members members) {
        add(to -> {
            to.writeStartObject();
            members.write(to);
            to.writeEndObject();
        });
    }

    /** Adds an event whose data is one line of plain ASCII. */
    public void line(String data) {
        add(to -> to.writeRaw(data));
    }

    private void add(Members data) {
        try {
            JsonGenerator to = generator;
            if (to == null) {
                to = json.createGenerator(gathered).setRootValueSeparator(null);
                generator = to;
            }
            to.writeRaw(DATA);
            data.write(to);
            to.writeRaw(END);
        } catch (IOException | RuntimeException e) {
            endBroken();
            throw e instanceof IOException failure ? new UncheckedIOException(failure) : (RuntimeException) e;
        }
    }

    /** What could not be written stays an event by itself, so that the next one can be read. */
    private void endBroken() {
        close();
        gathered.writeBytes(END.asUnquotedUTF8());
    }

    boolean isEmpty() {
        return generator == null && gathered.size() == 0;
    }

    /** Writes what was gathered, and forgets it. An open stream that is silent holds no buffers. */
    void moveTo(OutputStream out) throws IOException {
        close();
        gathered.writeTo(out);
        gathered.reset();
    }

    /** Gives the buffers back. */
    @Override
    public void close() {
        if (generator == null) {
            return;
        }
        try {
            generator.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            generator = null;
        }
    }
}
