package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts input tokens (four characters each) and plays the service's prompt cache: what stands before a cache point,
 * in the order tools, system, messages, is written the first time and read when the same comes again. Unlike the
 * service it keeps everything and has no least length.
 */
final class PromptCache {

    private final Set<Long> known = ConcurrentHashMap.newKeySet();

    /** The input side of the usage; its output count is 0. */
    Script.Usage count(String modelId, JsonNode body) {
        Walk walk = new Walk(modelId.hashCode());
        body.path("toolConfig").path("tools").forEach(walk::block);
        body.path("system").forEach(walk::block);
        for (JsonNode message : body.path("messages")) {
            walk.mix(message.path("role").asText());
            message.path("content").forEach(walk::block);
        }
        int total = tokens(walk.characters);
        int written = tokens(walk.lastPoint);
        int read = Math.min(tokens(walk.lastKnown), written);
        return new Script.Usage(total - written, 0, read, written - read);
    }

    void clear() {
        known.clear();
    }

    private static int tokens(int characters) {
        return (characters + 3) / 4;
    }

    private final class Walk {
        private long hash;
        private int characters;
        private int lastPoint;
        private int lastKnown;

        Walk(long seed) {
            hash = seed;
        }

        /** A known prefix may end at any block: the service looks back from the cache point in the same way. */
        void block(JsonNode block) {
            if (block.has("cachePoint")) {
                lastPoint = characters;
                known.add(hash);
                return;
            }
            mixTree(block);
            if (known.contains(hash)) {
                lastKnown = characters;
            }
        }

        private void mixTree(JsonNode node) {
            if (node.isContainerNode()) {
                node.fieldNames().forEachRemaining(this::mix);
                node.forEach(this::mixTree);
            } else {
                mix(node.asText());
            }
        }

        void mix(String text) {
            characters += text.length();
            hash = (hash ^ text.hashCode()) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
    }
}
