package io.mcpagent.door;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonEventsTest {

    private final JsonEvents events = new JsonEvents(new ObjectMapper());

    @Test
    void should_gather_until_they_are_moved() throws IOException {
        assertTrue(events.isEmpty());
        events.object(members -> members.writeStringField("text", "é\n"));
        events.line("[DONE]");
        assertFalse(events.isEmpty());
        assertEquals("data: {\"text\":\"é\\n\"}\n\ndata: [DONE]\n\n", moved());
        assertTrue(events.isEmpty());
        events.object(members -> {});
        assertEquals("data: {}\n\n", moved());
    }

    @Test
    void should_lose_only_the_event_that_can_not_be_written() throws IOException {
        events.line("before");
        assertThrows(
                IllegalStateException.class,
                () -> events.object(members -> {
                    members.writeObjectFieldStart("half");
                    throw new IllegalStateException("a value that nobody can write");
                }));
        events.object(members -> members.writeStringField("type", "after"));
        String[] parts = moved().split("\n\n");
        assertEquals("data: before", parts[0]);
        assertEquals("data: {\"type\":\"after\"}", parts[parts.length - 1]);
        assertEquals(3, parts.length);
    }

    @Test
    void should_keep_what_could_not_be_moved() {
        events.line("kept");
        assertThrows(
                IOException.class,
                () -> events.moveTo(new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("the client has left");
                    }
                }));
        assertFalse(events.isEmpty());
    }

    private String moved() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        events.moveTo(out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
