package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventParserTest {

    private final EventParser parser = new EventParser();
    private final List<String> read = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        parser.close();
    }

    @Test
    void should_read_one_event_after_the_other() throws IOException {
        read("{\"a\":\"é😀\"}");
        read("{}");
        read("  {\"b\":\"2\",\"c\":\"" + "x".repeat(20_000) + "\"}");
        read("{\"d\":\"4\"}");
        assertEquals(List.of("a=é😀", "b=2", "c=" + "x".repeat(20_000), "d=4"), read);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "7",
                "\"text\"",
                "null",
                "[1,{\"x\":\"y\"}]",
                "{\"b\":\"2\"} {\"c\":\"3\"}",
                "{\"b\":\"2\"}]",
                "{\"b\":\"2\"}   "
            })
    void should_read_the_next_event_whatever_this_one_has(String odd) throws IOException {
        read("{\"a\":\"1\"}");
        read(odd);
        read("{\"z\":\"9\"}");
        assertEquals(odd.startsWith("{") ? List.of("a=1", "b=2", "z=9") : List.of("a=1", "z=9"), read);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"b\"", "{\"b\":\"2\"", "{\"b\":\"2", "{b:2}", "nonsense", "{\"b\":\"\\ud8"})
    void should_not_go_on_in_the_next_event(String broken) throws IOException {
        read("{\"a\":\"1\"}");
        assertThrows(IOException.class, () -> read(broken));
    }

    private void read(String json) throws IOException {
        byte[] bytes = ("####" + json + "}{\"after\":1}").getBytes(StandardCharsets.UTF_8);
        parser.read(
                bytes,
                4,
                bytes.length - 4 - "}{\"after\":1}".length(),
                (name, value) -> read.add(name + "=" + JsonFields.text(value)));
    }
}
