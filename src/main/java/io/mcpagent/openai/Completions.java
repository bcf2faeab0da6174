package io.mcpagent.openai;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.door.ChatReply;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The objects of OpenAI's API that the agent answers with. The agent as a whole is the one model. Safe for use by many threads. */
@Singleton
final class Completions {

    /** A date that every instance and every start agree on: the agent as a model has no other. */
    private static final long CREATED = 1_767_225_600;

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final String model;

    Completions(@ConfigProperty(name = "quarkus.application.name") String model) {
        this.model = model;
    }

    /** The id of the one model. */
    String model() {
        return model;
    }

    ObjectNode modelObject() {
        return JSON.objectNode()
                .put("id", model)
                .put("object", "model")
                .put("created", CREATED)
                .put("owned_by", model);
    }

    ObjectNode modelList() {
        ObjectNode list = JSON.objectNode().put("object", "list");
        list.putArray("data").add(modelObject());
        return list;
    }

    static String id(String runId) {
        return "chatcmpl-" + runId;
    }

    ObjectNode completion(ChatReply reply) {
        ObjectNode completion = JSON.objectNode()
                .put("id", id(reply.runId()))
                .put("object", "chat.completion")
                .put("created", System.currentTimeMillis() / 1000)
                .put("model", model);
        ObjectNode choice = completion.putArray("choices").addObject().put("index", 0);
        choice.putObject("message")
                .put("role", "assistant")
                .put("content", Answer.text(reply))
                .putNull("refusal");
        choice.putNull("logprobs").put("finish_reason", Answer.finishReason(reply));
        completion.set("usage", usage(reply.usage()));
        return completion;
    }

    ObjectNode usage(ChatReply.Tokens usage) {
        long prompt = Answer.promptTokens(usage);
        ObjectNode node = JSON.objectNode()
                .put("prompt_tokens", prompt)
                .put("completion_tokens", usage.outputTokens())
                .put("total_tokens", prompt + usage.outputTokens());
        node.putObject("prompt_tokens_details").put("cached_tokens", usage.cacheReadTokens());
        return node;
    }
}
