package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.local.bedrock.Script.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Scripts as JSON: {@code {"queue": [script, …], "always": script}}. A script is one of
 * {@code {"text"|"words": …}}, {@code {"blocks": […]}}, {@code {"tools": [{"name", "input", "id"?}]}} with
 * {@code stopReason, usage, delay, frameDelay, fault, trace, additionalFields} beside it;
 * {@code {"error": type, "message", "delay"}}; {@code {"rounds": [script, …]}}; {@code {"echo": true}};
 * {@code {"endlessTool": {"name", "input"}}}; {@code {"throttle": {"probability", "seed"}, "otherwise": script}};
 * {@code {"offline": true}}. Times are milliseconds. An unknown form is refused.
 */
final class ScriptReader {

    private ScriptReader() {}

    static List<Script> readAll(JsonNode array) {
        List<Script> scripts = new ArrayList<>();
        array.forEach(node -> scripts.add(read(node)));
        return scripts;
    }

    static Script read(JsonNode node) {
        if (node.has("rounds")) {
            return new Script.Rounds(readAll(node.get("rounds")));
        }
        if (node.has("error")) {
            return Script.error(node.get("error").asText(), node.path("message").asText("scripted error"))
                    .delay(millis(node, "delay"));
        }
        if (node.has("echo")) {
            return new Script.EchoResults();
        }
        if (node.has("offline")) {
            return new Script.Offline();
        }
        if (node.has("endlessTool")) {
            JsonNode tool = node.get("endlessTool");
            return new Script.EndlessTool(tool.path("name").asText(), input(tool));
        }
        if (node.has("throttle")) {
            JsonNode throttle = node.get("throttle");
            return new Script.RandomThrottle(
                    throttle.path("probability").asDouble(),
                    throttle.path("seed").asLong(),
                    node.has("otherwise") ? read(node.get("otherwise")) : new Script.Offline());
        }
        return reply(node);
    }

    private static Reply reply(JsonNode node) {
        List<Block> blocks = new ArrayList<>();
        node.path("blocks").forEach(block -> blocks.add(block(block)));
        if (node.has("text")) {
            blocks.add(new Block.Text(node.get("text").asText()));
        }
        if (node.has("words")) {
            blocks.add(new Block.Text(String.join(
                    " ",
                    IntStream.rangeClosed(1, node.get("words").asInt())
                            .mapToObj(i -> "word" + i)
                            .toList())));
        }
        node.path("tools").forEach(tool -> blocks.add(call(tool)));
        if (blocks.isEmpty()) {
            throw new IllegalArgumentException("not a script: " + node);
        }
        boolean calls = blocks.stream().anyMatch(Block.ToolUse.class::isInstance);
        return new Reply(
                blocks,
                node.path("stopReason").asText(calls ? "tool_use" : "end_turn"),
                usage(node.get("usage")),
                new Script.Pace(millis(node, "delay"), millis(node, "frameDelay")),
                fault(node.get("fault")),
                node.get("additionalFields"),
                node.get("trace"));
    }

    private static Block block(JsonNode node) {
        if (node.has("tool")) {
            return call(node.get("tool"));
        }
        if (node.has("reasoning")) {
            return new Block.Reasoning(
                    node.get("reasoning").asText(), node.path("signature").asText(null));
        }
        if (node.has("redacted")) {
            return new Block.Redacted(
                    Base64.getDecoder().decode(node.get("redacted").asText()));
        }
        if (node.has("text")) {
            return new Block.Text(node.get("text").asText());
        }
        throw new IllegalArgumentException("not a content block: " + node);
    }

    private static Block.ToolUse call(JsonNode tool) {
        Block.ToolUse call = Block.ToolUse.of(tool.path("name").asText(), input(tool));
        return tool.has("id") ? new Block.ToolUse(tool.get("id").asText(), call.name(), call.input()) : call;
    }

    private static JsonNode input(JsonNode tool) {
        return tool.has("input") ? tool.get("input") : Json.object();
    }

    private static Script.Usage usage(JsonNode node) {
        return node == null
                ? null
                : new Script.Usage(
                        node.path("inputTokens").asInt(),
                        node.path("outputTokens").asInt(),
                        node.path("cacheReadInputTokens").asInt(),
                        node.path("cacheWriteInputTokens").asInt());
    }

    private static Fault fault(JsonNode node) {
        if (node == null) {
            return Fault.None.NONE;
        }
        int frame = node.path("frame").asInt();
        return switch (node.path("kind").asText()) {
            case "exception" ->
                new Fault.ExceptionAt(
                        frame,
                        node.path("type").asText("modelStreamErrorException"),
                        node.path("message").asText("scripted exception"));
            case "stall" -> new Fault.StallAt(frame, node.has("millis") ? millis(node, "millis") : null);
            case "cut" ->
                new Fault.CutAt(
                        frame,
                        Script.Cut.valueOf(node.path("how").asText("RESET").toUpperCase(Locale.ROOT)));
            case "corruptCrc" -> new Fault.CorruptCrcAt(frame);
            case "oversized" -> new Fault.OversizedAt(frame, node.path("bytes").asInt(20 << 20));
            default -> throw new IllegalArgumentException("not a fault: " + node);
        };
    }

    private static Duration millis(JsonNode node, String name) {
        return Duration.ofNanos((long) (node.path(name).asDouble() * 1_000_000));
    }
}
