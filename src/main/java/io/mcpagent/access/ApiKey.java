package io.mcpagent.access;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A service's API key, as the secret has it: never the key itself.
 *
 * @param name              whom it belongs to
 * @param hashes            the SHA-256 of each key that is valid; two while a key is being replaced
 * @param requestsPerMinute how many requests it may send in a minute, or null for the usual number
 * @param concurrentTurns   how many turns it may run at once, or null for the usual number
 * @param frontEnd          how it names the people whom it asks for, each of whom has those limits then; null if it asks for itself
 * @param attributes        what else is known of it, as an object; a missing node if that is nothing
 */
record ApiKey(
        String name,
        List<byte[]> hashes,
        @Nullable Integer requestsPerMinute,
        @Nullable Integer concurrentTurns,
        @Nullable FrontEnd frontEnd,
        JsonNode attributes) {}
