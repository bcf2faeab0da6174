package io.mcpagent.chat;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Gathers server-sent events whose data is JSON. For one thread. */
public final class JsonEvents {

    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);

    private final ObjectMapper json;
    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream(1024);

    JsonEvents(ObjectMapper json) {
        this.json = json;
    }

    /** Writes the members of a JSON object. */
    @FunctionalInterface
    public interface Members {
        void write(JsonGenerator to) throws IOException;
    }

    /** Adds an event whose data is a JSON object of these members. */
    public void object(Members members) {
        gathered.writeBytes(DATA);
        try (JsonGenerator generator = json.createGenerator(gathered).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM)) {
            generator.writeStartObject();
            members.write(generator);
            generator.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        gathered.writeBytes(END);
    }

    /** Adds an event whose data is one line of plain ASCII. */
    public void line(String data) {
        gathered.writeBytes(DATA);
        gathered.writeBytes(data.getBytes(StandardCharsets.US_ASCII));
        gathered.writeBytes(END);
    }

    boolean isEmpty() {
        return gathered.size() == 0;
    }

    void writeTo(OutputStream out) throws IOException {
        gathered.writeTo(out);
    }

    void clear() {
        gathered.reset();
    }
}
