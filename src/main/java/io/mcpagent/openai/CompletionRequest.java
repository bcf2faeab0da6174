package io.mcpagent.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of {@code POST /v1/chat/completions}.
 *
 * @param stream       whether the answer is wanted as it comes
 * @param includeUsage whether a stream ends with the usage
 * @param dialogue     the messages
 * @see <a href="https://platform.openai.com/docs/api-reference/chat/create">Create chat completion</a>
 */
record CompletionRequest(boolean stream, boolean includeUsage, Dialogue dialogue) {

    private static final String OUR_TOOLS = "The agent calls its own tools. A client can't add tools.";

    /**
     * What would change the answer and is not offered: a client must hear of it. The values are those that ask for nothing, beside all empty ones.
     * Whatever else is sent is left out, as other servers of this API do: how the model is asked is the agent's own configuration.
     */
    private static final Map<String, Unsupported> UNSUPPORTED = Map.ofEntries(
            Map.entry("tools", new Unsupported(OUR_TOOLS, Set.of())),
            Map.entry("tool_choice", new Unsupported(OUR_TOOLS, Set.of("\"none\"", "\"auto\""))),
            Map.entry("functions", new Unsupported(OUR_TOOLS, Set.of())),
            Map.entry("function_call", new Unsupported(OUR_TOOLS, Set.of("\"none\"", "\"auto\""))),
            Map.entry("n", new Unsupported("There is one answer to a question: n can only be 1.", Set.of("1"))),
            Map.entry("logprobs", new Unsupported("Log probabilities are not offered.", Set.of("false"))),
            Map.entry("top_logprobs", new Unsupported("Log probabilities are not offered.", Set.of("0"))),
            Map.entry("logit_bias", new Unsupported("A bias of tokens is not offered.", Set.of("{}"))),
            Map.entry("stop", new Unsupported("Stop sequences are not offered.", Set.of())),
            Map.entry(
                    "response_format",
                    new Unsupported(
                            "Answers are text: response_format can only be of type text.",
                            Set.of("{\"type\":\"text\"}"))),
            Map.entry(
                    "modalities",
                    new Unsupported("Answers are text: modalities can only be text.", Set.of("[\"text\"]"))),
            Map.entry("audio", new Unsupported("Answers are text: audio is not offered.", Set.of())),
            Map.entry("prediction", new Unsupported("Predicted output is not offered.", Set.of())),
            Map.entry("web_search_options", new Unsupported("Searching the web is not offered.", Set.of())));

    private record Unsupported(String why, Set<String> harmless) {}

    /**
     * Reads a request.
     *
     * @param model the one model that there is
     * @throws InvalidParameter if it can't be answered as it is
     */
    static CompletionRequest of(@Nullable JsonNode body, String model) {
        if (body == null || !body.isObject()) {
            throw InvalidParameter.value(null, "The body must be a JSON object.");
        }
        body.properties().forEach(member -> check(member.getKey(), member.getValue()));
        JsonNode wanted = body.path("model");
        if (wanted.isMissingNode() || wanted.isNull()) {
            throw InvalidParameter.missing("model");
        }
        if (!wanted.asText().equals(model)) {
            throw InvalidParameter.model(model);
        }
        boolean stream = flag(body, "stream", "stream");
        JsonNode options = body.path("stream_options");
        if (!isAbsent(options) && !options.isObject()) {
            throw InvalidParameter.value("stream_options", "stream_options must be an object.");
        }
        return new CompletionRequest(
                stream,
                flag(options, "include_usage", "stream_options.include_usage"),
                Dialogue.of(body.path("messages")));
    }

    private static void check(String name, JsonNode value) {
        Unsupported unsupported = UNSUPPORTED.get(name);
        if (unsupported != null && !isEmpty(value) && !unsupported.harmless().contains(value.toString())) {
            throw InvalidParameter.unsupported(name, unsupported.why());
        }
    }

    /** Forms that people leave empty are sent so. An object without members is not empty: it can switch something on. */
    private static boolean isEmpty(JsonNode value) {
        return value.isNull()
                || (value.isArray() && value.isEmpty())
                || (value.isTextual() && value.asText().isBlank());
    }

    private static boolean flag(JsonNode in, String name, String param) {
        JsonNode value = in.path(name);
        if (!isAbsent(value) && !value.isBoolean()) {
            throw InvalidParameter.value(param, param + " must be true or false.");
        }
        return value.asBoolean(false);
    }

    static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }
}
