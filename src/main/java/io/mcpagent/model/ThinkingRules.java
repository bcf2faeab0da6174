package io.mcpagent.model;

import io.mcpagent.base.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which thinking of a conversation goes back to the model that is asked. No model reads another's, and some read their own only behind exactly what
 * stood before it: the system prompt, the tools and all messages. What is void is left out, since the service would refuse the whole request.
 *
 * @see <a href="https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-thinking-block-binding.html">Preserved thinking</a>
 */
final class ThinkingRules {

    /** A request as a model takes it. */
    record Fitted(ModelRequest request, ModelRow row) {

        /** A reply to it, whose thinking knows where it is from. */
        ModelReply bound(ModelReply reply) {
            // No thinking of such a model is ever sent back.
            if (row.thinking() == ModelRow.Thinking.NONE || !thinks(reply.content())) {
                return reply;
            }
            Content.Origin origin = new Content.Origin(row.match(), new ThinkingRules(row).prefix(request));
            List<Content> content = reply.content().stream()
                    .map(block -> block
                                    instanceof
                                    Content.Reasoning(String text, String signature, String redacted, Content.Origin _)
                            ? new Content.Reasoning(text, signature, redacted, origin)
                            : block)
                    .toList();
            return new ModelReply(reply.modelId(), content, reply.stopReason(), reply.usage());
        }
    }

    private static final int DIGEST = 15;

    private final ModelRow row;
    private final MessageDigest digest = Sha256.digest();

    private ThinkingRules(ModelRow row) {
        this.row = row;
    }

    static Fitted fit(ModelRow row, ModelRequest request) {
        // Most requests have no thinking: what stands before it need not be hashed then.
        boolean asItIs = request.messages().stream().noneMatch(message -> thinks(message.content()));
        return new Fitted(asItIs ? request : new ThinkingRules(row).fit(request), row);
    }

    private static boolean thinks(List<Content> content) {
        return content.stream().anyMatch(Content.Reasoning.class::isInstance);
    }

    private ModelRequest fit(ModelRequest request) {
        addHead(request);
        List<Message> messages = new ArrayList<>(request.messages().size());
        for (Message message : request.messages()) {
            Message fitted = thinks(message.content()) ? fit(message) : message;
            messages.add(fitted);
            add(fitted);
        }
        return new ModelRequest(
                request.system(), messages, request.tools(), request.deadline(), request.spending(), request.labels());
    }

    private Message fit(Message message) {
        String prefix = prefix();
        List<Content> kept = message.content().stream()
                .filter(block ->
                        !(block instanceof Content.Reasoning reasoning) || goesBack(reasoning.origin(), prefix))
                .toList();
        return kept.size() == message.content().size() ? message : new Message(message.role(), kept);
    }

    /** What thinking in the reply to that request is bound to. */
    private String prefix(ModelRequest request) {
        addHead(request);
        request.messages().forEach(this::add);
        return prefix();
    }

    private void addHead(ModelRequest request) {
        if (row.prefixBound()) {
            add(request.system());
            for (ToolDefinition tool : request.tools()) {
                add(tool.name(), tool.description(), tool.inputSchema());
            }
        }
    }

    private void add(Message message) {
        if (row.prefixBound()) {
            add(message.role().name());
            message.content().forEach(this::add);
        }
    }

    private boolean goesBack(Content.@Nullable Origin origin, String prefix) {
        if (row.thinking() == ModelRow.Thinking.NONE) {
            return false;
        }
        // What an earlier version has stored says nothing of its origin.
        return origin == null
                ? !row.prefixBound()
                : origin.model().equals(row.match())
                        && (!row.prefixBound() || origin.prefix().equals(prefix));
    }

    private void add(Content block) {
        switch (block) {
            case Content.Text(String text) -> add("text", text);
            case Content.Note(String text, int _) -> add("text", text);
            case Content.ToolUse(String id, String name, Arguments input) -> add("call", id, name, input.json());
            case Content.ToolResult(String id, String text, boolean error) ->
                add("result", id, text, String.valueOf(error));
            case Content.Reasoning(String text, String signature, String redacted, Content.Origin _) ->
                add("reasoning", String.valueOf(text), String.valueOf(signature), String.valueOf(redacted));
        }
    }

    private void add(String... texts) {
        for (String text : texts) {
            add(text);
        }
    }

    private void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
        digest.update(bytes);
    }

    /** A digest of what was added by now; nothing for a model that does not care. */
    private String prefix() {
        if (!row.prefixBound()) {
            return "";
        }
        try {
            byte[] all = ((MessageDigest) digest.clone()).digest();
            return Base64.getUrlEncoder().encodeToString(Arrays.copyOf(all, DIGEST));
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
        }
    }
}
