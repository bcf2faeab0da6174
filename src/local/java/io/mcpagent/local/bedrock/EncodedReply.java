package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Script.Reply;
import java.util.ArrayList;
import java.util.List;

/** A reply in its two wire forms. All but the metadata frame is the same for each request, so it is made once. */
final class EncodedReply {

    private static final String PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private final Reply reply;
    private final int outputTokens;
    private volatile List<byte[]> bodyFrames;
    private volatile byte[] bodyChunks;

    EncodedReply(Reply reply) {
        this.reply = reply;
        this.outputTokens = (characters() + 3) / 4;
    }

    Reply reply() {
        return reply;
    }

    /** All frames but the metadata. */
    List<byte[]> bodyFrames() {
        List<byte[]> frames = bodyFrames;
        if (frames == null) {
            frames = encodeFrames();
            bodyFrames = frames;
        }
        return frames;
    }

    /** All frames but the metadata, as chunks of an HTTP body in one piece. */
    byte[] bodyChunks() {
        byte[] chunks = bodyChunks;
        if (chunks == null) {
            chunks = Bytes.join(bodyFrames().stream().map(EventStream::chunk).toList());
            bodyChunks = chunks;
        }
        return chunks;
    }

    byte[] metadataFrame(Script.Usage input, long latencyMillis) {
        ObjectNode metadata = Json.object();
        metadata.putObject("metrics").put("latencyMs", latencyMillis);
        metadata.put("p", padding(bodyFrames().size()));
        if (reply.trace() != null) {
            metadata.set("trace", reply.trace());
        }
        metadata.set("usage", usage(input));
        return EventStream.event("metadata", Json.bytes(metadata));
    }

    /** The answer of Converse. */
    byte[] document(Script.Usage input, long latencyMillis) {
        ObjectNode document = Json.object();
        document.putObject("metrics").put("latencyMs", latencyMillis);
        ObjectNode message = document.putObject("output").putObject("message");
        ArrayNode content = message.putArray("content");
        reply.blocks().forEach(block -> content.add(contentBlock(block)));
        message.put("role", "assistant");
        document.put("stopReason", reply.stopReason());
        if (reply.additionalFields() != null) {
            document.set("additionalModelResponseFields", reply.additionalFields());
        }
        if (reply.trace() != null) {
            document.set("trace", reply.trace());
        }
        document.set("usage", usage(input));
        return Json.bytes(document);
    }

    private ObjectNode usage(Script.Usage input) {
        Script.Usage usage = reply.usage() != null
                ? reply.usage()
                : new Script.Usage(
                        input.inputTokens(), outputTokens, input.cacheReadInputTokens(), input.cacheWriteInputTokens());
        return Json.object()
                .put("cacheReadInputTokens", usage.cacheReadInputTokens())
                .put("cacheWriteInputTokens", usage.cacheWriteInputTokens())
                .put("inputTokens", usage.inputTokens())
                .put("outputTokens", usage.outputTokens())
                .put(
                        "totalTokens",
                        usage.inputTokens()
                                + usage.outputTokens()
                                + usage.cacheReadInputTokens()
                                + usage.cacheWriteInputTokens());
    }

    private int characters() {
        int sum = 0;
        for (Block block : reply.blocks()) {
            sum += switch (block) {
                case Block.Text(String text) -> text.length();
                case Block.ToolUse(String id, String name, JsonNode input) ->
                    name.length() + input.toString().length();
                case Block.Reasoning(String text, String signature) -> text.length();
                case Block.Redacted(byte[] content) -> content.length;
            };
        }
        return sum;
    }

    private static ObjectNode contentBlock(Block block) {
        ObjectNode node = Json.object();
        switch (block) {
            case Block.Text(String text) -> node.put("text", text);
            case Block.ToolUse(String id, String name, JsonNode input) ->
                node.putObject("toolUse").put("toolUseId", id).put("name", name).set("input", input);
            case Block.Reasoning(String text, String signature) -> {
                ObjectNode reasoning = node.putObject("reasoningContent")
                        .putObject("reasoningText")
                        .put("text", text);
                if (signature != null) {
                    reasoning.put("signature", signature);
                }
            }
            case Block.Redacted(byte[] content) ->
                node.putObject("reasoningContent").put("redactedContent", content);
        }
        return node;
    }

    private List<byte[]> encodeFrames() {
        List<byte[]> frames = new ArrayList<>();
        add(frames, "messageStart", Json.object().put("role", "assistant"));
        for (int index = 0; index < reply.blocks().size(); index++) {
            addBlock(frames, index, reply.blocks().get(index));
            add(frames, "contentBlockStop", Json.object().put("contentBlockIndex", index));
        }
        ObjectNode stop = Json.object().put("stopReason", reply.stopReason());
        if (reply.additionalFields() != null) {
            stop.set("additionalModelResponseFields", reply.additionalFields());
        }
        add(frames, "messageStop", stop);
        return List.copyOf(frames);
    }

    /** As the service does with Claude: only a tool call has a start event. */
    private static void addBlock(List<byte[]> frames, int index, Block block) {
        switch (block) {
            case Block.Text(String text) ->
                words(text).forEach(word -> delta(frames, index, Json.object().put("text", word)));
            case Block.ToolUse(String id, String name, JsonNode input) -> {
                callStart(frames, index, id, name);
                for (String fragment : fragments(input)) {
                    ObjectNode delta = Json.object();
                    delta.putObject("toolUse").put("input", fragment);
                    delta(frames, index, delta);
                }
            }
            case Block.Reasoning(String text, String signature) -> {
                words(text)
                        .forEach(word -> reasoning(frames, index, Json.object().put("text", word)));
                if (signature != null) {
                    reasoning(frames, index, Json.object().put("signature", signature));
                }
            }
            case Block.Redacted(byte[] content) ->
                reasoning(frames, index, Json.object().put("redactedContent", content));
        }
    }

    static void callStart(List<byte[]> frames, int index, String id, String name) {
        ObjectNode start = Json.object().put("contentBlockIndex", index);
        start.putObject("start").putObject("toolUse").put("name", name).put("toolUseId", id);
        add(frames, "contentBlockStart", start);
    }

    static void reasoning(List<byte[]> frames, int index, ObjectNode content) {
        ObjectNode delta = Json.object();
        delta.set("reasoningContent", content);
        delta(frames, index, delta);
    }

    static void delta(List<byte[]> frames, int index, ObjectNode delta) {
        ObjectNode payload = Json.object().put("contentBlockIndex", index);
        payload.set("delta", delta);
        add(frames, "contentBlockDelta", payload);
    }

    static void add(List<byte[]> frames, String type, ObjectNode payload) {
        payload.put("p", padding(frames.size()));
        frames.add(EventStream.event(type, Json.bytes(payload)));
    }

    /** The service pads events to hide the length of what they carry. */
    private static String padding(int index) {
        return PADDING.substring(0, 3 + (index * 17 + 5) % (PADDING.length() - 3));
    }

    /** A space belongs to the word behind it, as in the model's tokens. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int from = 0;
        for (int i = 1; i < text.length(); i++) {
            if (Character.isWhitespace(text.charAt(i)) && !Character.isWhitespace(text.charAt(i - 1))) {
                words.add(text.substring(from, i));
                from = i;
            }
        }
        words.add(text.substring(from));
        return words;
    }

    /** Starts with an empty fragment as the model's streams do; an empty object has no other. */
    private static List<String> fragments(JsonNode input) {
        List<String> fragments = new ArrayList<>(List.of(""));
        String json = input.isEmpty() ? "" : input.toString();
        int size = Math.max(5, (json.length() + 3) / 4);
        for (int from = 0; from < json.length(); from += size) {
            fragments.add(json.substring(from, Math.min(json.length(), from + size)));
        }
        return fragments;
    }
}
