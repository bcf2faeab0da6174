package io.mcpagent.access;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.mcpagent.base.Sha256;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the secret: {@code {"billing": "<SHA-256 in hex>", "reports": {"sha256": …, "requestsPerMinute": 60, "concurrentTurns": 4}}}, where
 * {@code sha256} is one hash or a list of them; an entry may also have what {@link FrontEndReader} reads, and {@code attributes}: an object, for
 * rules and tools. It is taken whole or not at all, but for hashes of nothing, which are no keys.
 */
final class ApiKeysReader {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern HASH = Pattern.compile("[0-9a-fA-F]{64}");
    /** What a pipeline writes whose key was never set: of {@code printf %s "$key"} and of {@code echo "$key"}. */
    private static final Set<String> OF_NOTHING = Set.of(hex(""), hex("\n"), hex("\r\n"));

    private static final Set<String> MEMBERS =
            Set.of("sha256", "requestsPerMinute", "concurrentTurns", "frontEnd", "attributes");

    private ApiKeysReader() {}

    /**
     * What a secret says.
     *
     * @param keys  the keys that it has
     * @param empty the names of the entries with the hash of an empty text, which lets nobody in
     */
    record Read(List<ApiKey> keys, Set<String> empty) {}

    /** @throws IllegalArgumentException with what is wrong, which never has any of the secret's values */
    static Read read(@Nullable String secret) {
        JsonNode root = parse(secret);
        if (!root.isObject()) {
            throw new IllegalArgumentException("it must be a JSON object, from names to hashes");
        }
        List<ApiKey> keys = new ArrayList<>();
        Set<String> empty = new TreeSet<>();
        root.properties().forEach(entry -> keys.add(key(entry.getKey(), entry.getValue(), empty)));
        FrontEndReader.requireDifferent(keys);
        return new Read(List.copyOf(keys), empty);
    }

    private static JsonNode parse(@Nullable String secret) {
        try {
            return JSON.readTree(secret == null ? "" : secret);
        } catch (JsonProcessingException e) {
            // Not its message nor itself as the cause: both show the place, and that is part of the secret.
            throw new IllegalArgumentException("it is not valid JSON");
        }
    }

    private static ApiKey key(String name, JsonNode value, Set<String> empty) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a name must have 1 to 64 letters, digits, dots, hyphens or underscores");
        }
        if (!value.isObject()) {
            return new ApiKey(name, hashes(name, value, empty), null, null, null, MissingNode.getInstance());
        }
        value.fieldNames().forEachRemaining(member -> {
            if (!MEMBERS.contains(member)) {
                throw new IllegalArgumentException(
                        "the entry " + name
                                + " has a member other than sha256, requestsPerMinute, concurrentTurns, frontEnd and attributes");
            }
        });
        return new ApiKey(
                name,
                hashes(name, value.path("sha256"), empty),
                limit(name, value, "requestsPerMinute"),
                limit(name, value, "concurrentTurns"),
                value.has("frontEnd") ? FrontEndReader.read(name, value.get("frontEnd")) : null,
                attributes(name, value.path("attributes")));
    }

    private static JsonNode attributes(String name, JsonNode value) {
        if (!value.isObject() && !value.isMissingNode()) {
            throw new IllegalArgumentException("the entry " + name + " must have an object as its attributes");
        }
        return value;
    }

    private static List<byte[]> hashes(String name, JsonNode value, Set<String> empty) {
        List<byte[]> hashes = new ArrayList<>();
        for (JsonNode each : value.isArray() ? value : List.of(value)) {
            if (!each.isTextual() || !HASH.matcher(each.textValue()).matches()) {
                throw new IllegalArgumentException(
                        "the entry " + name + " must have the SHA-256 of its key, as 64 hex digits");
            }
            String hash = each.textValue().toLowerCase(Locale.ROOT);
            if (OF_NOTHING.contains(hash)) {
                empty.add(name);
            } else {
                hashes.add(HexFormat.of().parseHex(hash));
            }
        }
        return List.copyOf(hashes);
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(Sha256.of(text));
    }

    private static @Nullable Integer limit(String name, JsonNode entry, String member) {
        JsonNode value = entry.path(member);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isInt() || value.intValue() < 1) {
            throw new IllegalArgumentException(
                    "the entry " + name + " must have a whole number from 1 on as its " + member);
        }
        return value.intValue();
    }
}
