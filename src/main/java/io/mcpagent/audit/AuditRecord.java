package io.mcpagent.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mcpagent.base.JsonBuffers;
import io.mcpagent.base.Sha256;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A record that can't be changed unnoticed: it has the hash of the record before it in its chain, and a hash of itself. A chain is what one
 * process wrote.
 *
 * @param chain    the chain
 * @param sequence its place there, from 1 on
 * @param time     when it happened, to the millisecond; never before the record before it
 * @param previous the hash of the record before it; zeros if it is the first
 * @param text     the JSON text of all of that and of what happened
 * @param hash     SHA-256 of that text, in hex
 */
record AuditRecord(String chain, long sequence, Instant time, String previous, String text, String hash) {

    /** What stands in place of the hash before the first record. */
    static final String NOTHING = "0".repeat(64);

    private static final ObjectMapper JSON =
            new JsonMapper(JsonFactory.builder().recyclerPool(JsonBuffers.POOL).build());
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Pattern LINE = Pattern.compile("(\\{.*),\"hash\":\"([0-9a-f]{64})\"}", Pattern.DOTALL);

    /** The record of that entry at this place of a chain. */
    static AuditRecord of(
            AuditEntry entry, @Nullable String traceId, Instant time, String chain, long sequence, String previous) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("chain", chain);
        members.put("sequence", sequence);
        members.put("previous", previous);
        members.put("time", written(time));
        members.put("kind", entry.kind().name().toLowerCase(Locale.ROOT));
        members.put("caller", entry.caller());
        if (traceId != null) {
            members.put("traceId", traceId);
        }
        entry.details().forEach(members::putIfAbsent);
        try {
            String text = JSON.writeValueAsString(members);
            return new AuditRecord(chain, sequence, time, previous, text, Sha256.hex(text));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** The record that a line has, without a look at whether its hash is right; null if it is none. */
    static @Nullable AuditRecord read(String line) {
        Matcher parts = LINE.matcher(line.strip());
        if (!parts.matches()) {
            return null;
        }
        String text = parts.group(1) + "}";
        try {
            JsonNode json = JSON.readTree(text);
            return new AuditRecord(
                    json.path("chain").asText(),
                    json.path("sequence").asLong(),
                    Instant.parse(json.path("time").asText()),
                    json.path("previous").asText(),
                    text,
                    parts.group(2));
        } catch (JsonProcessingException | DateTimeException e) {
            return null;
        }
    }

    /** As it is stored and exported: one line of JSON. */
    String line() {
        return text.substring(0, text.length() - 1) + ",\"hash\":\"" + hash + "\"}";
    }

    /** Its members, with the hash. */
    JsonNode json() {
        try {
            return JSON.readTree(line());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored record is no JSON", e);
        }
    }

    /** A time as all records have it: as texts they are in the order of time. */
    static String written(Instant time) {
        return TIME.format(time);
    }
}
