package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.conversation.Conversation;
import io.mcpagent.conversation.ConversationSummary;
import io.mcpagent.conversation.Conversations;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.door.ConversationView;
import io.mcpagent.jsonrpc.JsonRpc;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Failures;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/** The caller's conversations as MCP resources: what {@code GET /chat} shows. Safe for use by many threads. */
@Singleton
final class ConversationResources {

    private static final String SCHEME = "conversation:///";
    private static final String MEDIA_TYPE = "application/json";
    private static final int LISTED = 200;

    private final Conversations conversations;
    private final ObjectMapper json;

    ConversationResources(Conversations conversations, ObjectMapper json) {
        this.conversations = conversations;
        this.json = json;
    }

    ObjectNode list(String subject) {
        ObjectNode result = JsonRpc.JSON.objectNode();
        ArrayNode resources = result.putArray("resources");
        for (ConversationSummary conversation : fromStore(() -> conversations.list(subject, LISTED))) {
            resources
                    .addObject()
                    .put("uri", SCHEME + conversation.id())
                    .put("name", conversation.id())
                    .put("title", conversation.title())
                    .put("mimeType", MEDIA_TYPE)
                    .putObject("annotations")
                    .put("lastModified", conversation.updatedAt().toString());
        }
        return result;
    }

    ObjectNode template() {
        return JsonRpc.JSON
                .objectNode()
                .put("uriTemplate", SCHEME + "{id}")
                .put("name", "conversation")
                .put("title", "A conversation")
                .put("description", "One of your conversations: its turns, tool calls, results and receipts")
                .put("mimeType", MEDIA_TYPE);
    }

    ObjectNode read(String subject, JsonNode params) {
        String uri = params.path("uri").asText();
        Conversation found = uri.startsWith(SCHEME)
                ? fromStore(() -> conversations.find(subject, uri.substring(SCHEME.length())))
                        .orElse(null)
                : null;
        if (found == null) {
            throw new RpcError(
                    RpcError.RESOURCE_NOT_FOUND,
                    "There is no such conversation: it never existed, has expired, or belongs to somebody else.");
        }
        ObjectNode result = JsonRpc.JSON.objectNode();
        try {
            result.putArray("contents")
                    .addObject()
                    .put("uri", uri)
                    .put("mimeType", MEDIA_TYPE)
                    .put("text", json.writeValueAsString(ConversationView.of(found)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result;
    }

    private static <T> T fromStore(Supplier<T> step) {
        try {
            return step.get();
        } catch (StoreUnavailableException e) {
            ProblemException problem = Failures.problem(e, null);
            throw new RpcError(RpcError.UNAVAILABLE, problem.problem().title() + ". " + problem.detail());
        }
    }
}
