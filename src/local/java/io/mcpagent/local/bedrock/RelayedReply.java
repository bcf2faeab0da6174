package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.mcpagent.local.bedrock.Script.Block;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Makes the frames of a Converse reply of the pieces of a chat completion, as they come, and the whole reply in the end. For one thread. */
final class RelayedReply {

    private enum Kind {
        TEXT,
        REASONING,
        CALL
    }

    /** A content block that grows. */
    private static final class Part {
        private final Kind kind;
        private final int index;
        private final StringBuilder text = new StringBuilder();
        private final StringBuilder name = new StringBuilder();
        private final String signature = Ids.request();
        private int place;
        private String serversId = "";
        private String id;

        Part(Kind kind, int index) {
            this.kind = kind;
            this.index = index;
        }
    }

    private final List<Part> parts = new ArrayList<>();
    private final List<byte[]> frames = new ArrayList<>();
    private String finish = "";
    private boolean refused;
    private Script.Usage usage;

    RelayedReply() {
        EncodedReply.add(frames, "messageStart", Json.object().put("role", "assistant"));
    }

    /** Takes in a piece of a stream, or a whole answer. */
    void take(JsonNode piece) throws IOException {
        if (piece.hasNonNull("error")) {
            throw new IOException(OpenAiServer.message(piece.toString()));
        }
        if (piece.path("usage").isObject()) {
            usage = usage(piece.path("usage"));
        }
        JsonNode choice = piece.path("choices").path(0);
        JsonNode delta = choice.has("delta") ? choice.path("delta") : choice.path("message");
        reasoning(text(delta.path("reasoning_content")) + text(delta.path("reasoning")));
        text(text(delta.path("content")), text(delta.path("refusal")));
        for (JsonNode call : delta.path("tool_calls")) {
            call(call);
        }
        finish = choice.path("finish_reason").asText(finish);
    }

    /** The frames that are new since the last time. */
    List<byte[]> frames() {
        List<byte[]> made = List.copyOf(frames);
        frames.clear();
        return made;
    }

    /**
     * The whole reply; its last frames are among the new ones then.
     *
     * @throws IOException if it has no end
     */
    Script.Reply end() throws IOException {
        if (finish.isEmpty() && parts.isEmpty()) {
            throw new IOException("the local model's server sent no answer");
        }
        for (Part part : parts) {
            if (part.kind == Kind.CALL) {
                open(part);
            }
            if (part.kind == Kind.REASONING) {
                EncodedReply.reasoning(frames, part.index, Json.object().put("signature", part.signature));
            }
            EncodedReply.add(frames, "contentBlockStop", Json.object().put("contentBlockIndex", part.index));
        }
        String stop = stopReason();
        EncodedReply.add(frames, "messageStop", Json.object().put("stopReason", stop));
        List<Block> blocks = parts.stream().map(RelayedReply::block).toList();
        return new Script.Reply(blocks, stop, usage, Script.Pace.NONE, Script.Fault.None.NONE, null, null);
    }

    /** Not every server says that it stopped for its calls. */
    private String stopReason() {
        return switch (finish) {
            case "length" -> "max_tokens";
            case "content_filter" -> "content_filtered";
            default ->
                parts.stream().anyMatch(part -> part.kind == Kind.CALL) ? "tool_use" : refused ? "refusal" : "end_turn";
        };
    }

    private static Block block(Part part) {
        return switch (part.kind) {
            case TEXT -> new Block.Text(part.text.toString());
            case REASONING -> new Block.Reasoning(part.text.toString(), part.signature);
            case CALL -> new Block.ToolUse(part.id, part.name.toString(), input(part.text.toString()));
        };
    }

    /** What the model wrote as arguments, as a text if it is no JSON. */
    private static JsonNode input(String arguments) {
        try {
            return arguments.isBlank() ? Json.object() : Json.parse(arguments);
        } catch (IllegalArgumentException noJson) {
            return TextNode.valueOf(arguments);
        }
    }

    private void reasoning(String text) {
        if (!text.isEmpty()) {
            last(Kind.REASONING).text.append(text);
            EncodedReply.reasoning(frames, parts.getLast().index, Json.object().put("text", text));
        }
    }

    private void text(String content, String refusal) {
        refused |= !refusal.isEmpty();
        String text = content + refusal;
        if (!text.isEmpty()) {
            last(Kind.TEXT).text.append(text);
            EncodedReply.delta(frames, parts.getLast().index, Json.object().put("text", text));
        }
    }

    /** The last part if it is of that kind, else a new one. */
    private Part last(Kind kind) {
        if (parts.isEmpty() || parts.getLast().kind != kind) {
            parts.add(new Part(kind, parts.size()));
        }
        return parts.getLast();
    }

    /** A piece of a call. It belongs to the call of its index, unless it has an id of its own: some servers number all calls 0. */
    private void call(JsonNode piece) {
        int place = piece.path("index").asInt(-1);
        String id = piece.path("id").asText("");
        Part call = parts.reversed().stream()
                .filter(part -> part.kind == Kind.CALL && (place < 0 || part.place == place))
                .findFirst()
                .filter(part -> id.isEmpty() ? place >= 0 : id.equals(part.serversId))
                .orElse(null);
        if (call == null) {
            call = new Part(Kind.CALL, parts.size());
            call.place = place;
            call.serversId = id;
            parts.add(call);
        }
        JsonNode function = piece.path("function");
        if (call.id == null) {
            call.name.append(text(function.path("name")));
        }
        JsonNode given = function.path("arguments");
        String arguments = given.isContainerNode() ? given.toString() : text(given);
        if (!arguments.isEmpty()) {
            open(call);
            call.text.append(arguments);
            ObjectNode delta = Json.object();
            delta.putObject("toolUse").put("input", arguments);
            EncodedReply.delta(frames, call.index, delta);
        }
    }

    /** The name is whole when the arguments begin. */
    private void open(Part call) {
        if (call.id == null) {
            call.id = Ids.toolUse(Ids.request());
            EncodedReply.callStart(frames, call.index, call.id, call.name.toString());
        }
    }

    private static String text(JsonNode content) {
        if (content.isArray()) {
            StringBuilder text = new StringBuilder();
            content.forEach(part -> text.append(part.path("text").asText()));
            return text.toString();
        }
        return content.isTextual() ? content.asText() : "";
    }

    private static Script.Usage usage(JsonNode usage) {
        int prompt = Math.max(0, usage.path("prompt_tokens").asInt());
        int cached = Math.clamp(usage.at("/prompt_tokens_details/cached_tokens").asInt(), 0, prompt);
        return new Script.Usage(
                prompt - cached, Math.max(0, usage.path("completion_tokens").asInt()), cached, 0);
    }
}
