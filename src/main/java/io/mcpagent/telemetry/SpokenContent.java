package io.mcpagent.telemetry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.model.Role;
import io.opentelemetry.api.trace.Span;
import java.util.List;
import java.util.Locale;

/**
 * Puts what was said into a model call's span, as the GenAI conventions have it: only where {@code agent.telemetry.content} is on. Reasoning is
 * left out.
 */
final class SpokenContent {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private SpokenContent() {}

    static void asked(Span span, ModelRequest request) {
        ArrayNode system = JSON.arrayNode();
        system.addObject().put("type", "text").put("content", request.system());
        span.setAttribute(Semantics.SYSTEM, system.toString());
        ArrayNode messages = JSON.arrayNode();
        for (Message message : request.messages()) {
            messages.add(message(message.role(), message.content()));
        }
        span.setAttribute(Semantics.INPUT_MESSAGES, messages.toString());
    }

    static void replied(Span span, ModelReply reply) {
        ObjectNode message = message(Role.ASSISTANT, reply.content());
        message.put("finish_reason", reply.stopReason().name().toLowerCase(Locale.ROOT));
        span.setAttribute(
                Semantics.OUTPUT_MESSAGES, JSON.arrayNode().add(message).toString());
    }

    private static ObjectNode message(Role role, List<Content> content) {
        ObjectNode message = JSON.objectNode().put("role", role.name().toLowerCase(Locale.ROOT));
        ArrayNode parts = message.putArray("parts");
        for (Content block : content) {
            switch (block) {
                case Content.Text(String text) ->
                    parts.addObject().put("type", "text").put("content", text);
                case Content.Note(String text, int _) ->
                    parts.addObject().put("type", "text").put("content", text);
                case Content.ToolUse(String id, String name, var input) ->
                    parts.addObject()
                            .put("type", "tool_call")
                            .put("id", id)
                            .put("name", name)
                            .put("arguments", input.json());
                case Content.ToolResult(String id, String text, boolean _) ->
                    parts.addObject()
                            .put("type", "tool_call_response")
                            .put("id", id)
                            .put("response", text);
                case Content.Reasoning _ -> {}
            }
        }
        return message;
    }
}
