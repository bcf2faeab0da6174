package io.mcpagent.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.model.JsonFields;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, errors, event streams and sizes. */
class ToolTextsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {"get_order", "a", "A-1_b", "0123456789012345678901234567890123456789012345678901234567890123"})
    void should_leave_a_name_that_fits(String name) {
        assertEquals(name, ToolListing.nameForModel(name));
    }

    @Test
    void should_make_every_other_name_fit_and_keep_them_apart() {
        List<String> names = List.of(
                "a.b",
                "a/b",
                "a_b",
                "a b",
                "ä",
                "a".repeat(65),
                "a".repeat(66),
                "a".repeat(128),
                "x.".repeat(60),
                "..",
                ".");
        Set<String> made = names.stream().map(ToolListing::nameForModel).collect(Collectors.toSet());
        assertEquals(names.size(), made.size());
        made.forEach(name -> assertTrue(name.matches("[a-zA-Z0-9_-]{1,64}"), name));
        assertEquals(ToolListing.nameForModel("a.b"), ToolListing.nameForModel("a.b"));
        assertTrue(ToolListing.nameForModel("a.b").startsWith("a_b_"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unable to execute query: failed to connect to `user=toolbox_ro database=shop`: 10.0.3.7:5432"
                        + " (db.internal): dial error: dial tcp 10.0.3.7:5432: connect: connection refused",
                "failed to connect to `user=toolbox_ro database=shop`: failed SASL auth: FATAL: password"
                        + " authentication failed for user \"toolbox_ro\" (SQLSTATE 28P01)",
                "FATAL: database \"shop\" does not exist (SQLSTATE 3D000)",
                "mssql: login error: Login failed for user 'toolbox_ro'.",
                "mssql: Cannot open database \"shop\" that was requested by the login.",
                "unable to open tcp connection with host 'db.internal:1433': dial tcp: lookup db.internal on"
                        + " 10.0.0.2:53: no such host",
                "error reading from db.internal:5432: unexpected EOF",
                "unable to open database file: /data/shop.db",
            })
    void should_not_tell_the_model_where_the_database_is_and_who_we_are(String text) {
        String told = ErrorText.forModel(text);
        for (String secret : List.of("toolbox_ro", "shop", "10.0", "5432", "1433", "db.internal", "/data")) {
            assertFalse(told.contains(secret), told);
        }
        assertTrue(told.startsWith("The database could not be reached"), told);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ERROR: column \"nmae\" does not exist (SQLSTATE 42703) | ERROR: column \"nmae\" does not exist"
                        + " (SQLSTATE 42703)",
                "ERROR: canceling statement due to statement timeout (SQLSTATE 57014) | ERROR: canceling statement due"
                        + " to statement timeout (SQLSTATE 57014)",
                "parameter \"id\" value \"seven\" is not an \"integer\" | parameter \"id\" value \"seven\" is not an"
                        + " \"integer\"",
                "permission denied for role \"toolbox_ro\" (SQLSTATE 42501) | permission denied for role … (SQLSTATE"
                        + " 42501)",
                "see postgres://u:p@db.internal:5432/shop for more | see … for more",
                "host=db.internal user='toolbox_ro' password=x y | host=… user=… password=… y",
                "at 2026-01-02T10:11:12Z value 12:30 | at 2026-01-02T10:11:12Z value 12:30",
                "asked db.internal:5432 and 10.0.3.7:5432 and localhost:5432 | asked … and … and …",
            })
    void should_keep_what_helps_the_model(String text, String told) {
        assertEquals(told, ErrorText.forModel(text));
    }

    @Test
    @Timeout(60)
    void should_cut_a_long_error_quickly_and_never_be_blank() {
        assertTrue(ErrorText.forModel("x".repeat(100_000)).length() < 2_100);
        assertFalse(ErrorText.forModel(" ").isBlank());
    }

    private static List<String> events(String text, int limit) throws IOException {
        SseEvents events = new SseEvents(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), limit);
        List<String> all = new ArrayList<>();
        SseEvents.Event event;
        while ((event = events.next()) != null) {
            all.add(event.type + "=" + event.text() + (event.partial ? "…" : ""));
        }
        return all;
    }

    @Test
    void should_read_events_as_the_standard_says() throws Exception {
        assertEquals(List.of("message=a"), events("data: a\n\n", 100));
        assertEquals(List.of("message=a\nb"), events("data:a\ndata: b\n\n", 100));
        assertEquals(List.of("x=a", "message= b"), events("event: x\r\ndata: a\r\n\r\ndata:  b\r\n\r\n", 100));
        assertEquals(List.of("message=a", "message=b"), events("data: a\r\rdata: b\r\r", 100));
        assertEquals(List.of("message=a"), events("\uFEFFdata: a\n\n", 100));
        assertEquals(List.of("message="), events("data\n\n", 100));
        assertEquals(List.of("message=\n"), events("data\ndata\n\n", 100));
        assertEquals(List.of(), events(": comment\n\nevent: x\n\nid: 7\nretry: 10\n\n", 100));
        assertEquals(List.of("message=b"), events("event: x\n\ndata: b\n\n", 100));
        assertEquals(List.of(), events("data: unfinished\n", 100));
        assertEquals(List.of(), events("data: unfinished", 100));
        assertEquals(List.of("message=é"), events("data: é\n\n", 100));
        assertEquals(List.of("message=a:b"), events("data: a:b\n\n", 100));
    }

    @Test
    void should_keep_only_the_beginning_of_a_large_event() throws Exception {
        assertEquals(
                List.of("message=" + "x".repeat(10) + "…", "message=b"),
                events("data: " + "x".repeat(100_000) + "\n\ndata: b\n\n", 10));
        assertEquals(List.of("message=xxxxx\nxxxx…"), events("data: xxxxx\ndata: xxxxx\n\n", 10));
    }

    @Test
    void should_count_bytes_as_utf8_has_them() {
        String text = "aé€😀";
        assertEquals(text.getBytes(StandardCharsets.UTF_8).length, Utf8.length(text));
        assertEquals("aé€", Utf8.cut(text, 9));
        assertEquals(text, Utf8.cut(text, 10));
        assertEquals("a", Utf8.cut(text, 2));
        assertEquals("", Utf8.cut(text, 0));
    }

    @Test
    void should_know_an_object_from_what_only_looks_like_one() {
        assertTrue(JsonFields.isObject("{\"a\":[{}]}"));
        for (String text : List.of("", "{", "{hello}", "{} ,", "[]", "{}{}", "\"{}\"")) {
            assertFalse(JsonFields.isObject(text), text);
        }
    }
}
