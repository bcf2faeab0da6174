package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Collectors;

/** A Converse request as OpenAI's chat completions have it. Thinking, cache points and guardrails have no place there and are left out. */
final class ChatCompletion {

    private ChatCompletion() {}

    static ObjectNode of(ConverseRequest request, String model) {
        JsonNode body = request.body();
        ObjectNode chat = Json.object().put("model", model);
        ArrayNode messages = chat.putArray("messages");
        String system = texts(body.path("system"));
        if (!system.isEmpty()) {
            messages.addObject().put("role", "system").put("content", system);
        }
        request.messages().forEach(message -> add(messages, message));
        addTools(chat, request.tools(), body.path("toolConfig").path("toolChoice"));
        JsonNode inference = body.path("inferenceConfig");
        copy(inference, "maxTokens", chat, "max_tokens");
        copy(inference, "temperature", chat, "temperature");
        copy(inference, "topP", chat, "top_p");
        copy(inference, "stopSequences", chat, "stop");
        chat.put("stream", request.stream());
        if (request.stream()) {
            chat.putObject("stream_options").put("include_usage", true);
        }
        return chat;
    }

    /** Each tool result is a message of its own, and stands right behind the calls. */
    private static void add(ArrayNode messages, JsonNode message) {
        for (JsonNode result : ConverseRequest.results(message)) {
            boolean failed = result.path("status").asText().equals("error");
            messages.addObject()
                    .put("role", "tool")
                    .put("tool_call_id", id(result))
                    .put("content", (failed ? "Error: " : "") + ConverseRequest.text(result));
        }
        List<JsonNode> calls = ConverseRequest.calls(message);
        String text = texts(message.path("content"));
        if (text.isEmpty() && calls.isEmpty()) {
            return;
        }
        ObjectNode said =
                messages.addObject().put("role", message.path("role").asText()).put("content", text);
        for (JsonNode call : calls) {
            ObjectNode made = said.withArray("tool_calls").addObject().put("id", id(call));
            made.put("type", "function")
                    .putObject("function")
                    .put("name", call.path("name").asText())
                    .put("arguments", call.path("input").toString());
        }
    }

    private static void addTools(ObjectNode chat, List<JsonNode> tools, JsonNode choice) {
        for (JsonNode tool : tools) {
            ObjectNode function =
                    chat.withArray("tools").addObject().put("type", "function").putObject("function");
            function.set("name", tool.path("name"));
            copy(tool, "description", function, "description");
            function.set("parameters", tool.path("inputSchema").path("json"));
        }
        if (choice.has("any")) {
            chat.put("tool_choice", "required");
        } else if (choice.has("tool")) {
            chat.putObject("tool_choice")
                    .put("type", "function")
                    .putObject("function")
                    .set("name", choice.path("tool").path("name"));
        }
    }

    /** Nine letters and digits: the servers of Mistral's models take no other ids. */
    private static String id(JsonNode block) {
        return Ids.toolUse(block.path("toolUseId").asText()).substring("tooluse_".length(), "tooluse_".length() + 9);
    }

    private static String texts(JsonNode blocks) {
        return blocks.valueStream()
                .map(block -> block.path("text").asText())
                .filter(text -> !text.isBlank())
                .collect(Collectors.joining("\n\n"));
    }

    private static void copy(JsonNode from, String name, ObjectNode to, String as) {
        if (from.has(name)) {
            to.set(as, from.get(name));
        }
    }
}
