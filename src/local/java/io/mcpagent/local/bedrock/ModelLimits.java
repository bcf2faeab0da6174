package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Validation.Refused;
import java.util.Base64;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What each model refuses of a request that the service itself takes, in its words as far as they are known. Written apart from the agent's table, from
 * the same pages: Anthropic's migration guides of Claude 5, 5.5 and 4.7, and Bedrock's pages on prompt caching and preserved thinking.
 */
final class ModelLimits {

    private static final Pattern CLAUDE = Pattern.compile(
            "claude-(?:(opus|sonnet|haiku|fable|mythos)-([0-9])(?:-([0-9])(?![0-9]))?|([0-9])-([0-9])-[a-z]+)");
    private static final Pattern PROPERTY = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");
    private static final Pattern CACHE_POINT = Pattern.compile(",?\\{\"cachePoint\":\\{[^}]*}}");
    private static final String MODEL_SAYS = "The model returned the following errors: ";
    private static final int MOST_MINTED = 100_000;

    /** For each signature that was given away, by which generation of which family, and behind what. */
    private final Map<String, Set<String>> minted = new ConcurrentHashMap<>();

    /** A Claude of a family, and its version, such as 5.5. */
    private record Claude(String family, double version) {

        /** Null for any other model; a Claude without a version is one of 4.5. */
        static Claude of(String modelId) {
            Matcher id = CLAUDE.matcher(modelId);
            if (!id.find()) {
                return modelId.contains("claude") ? new Claude("", 4.5) : null;
            }
            String major = id.group(2) == null ? id.group(4) : id.group(2);
            String minor = id.group(2) == null ? id.group(5) : id.group(3) == null ? "0" : id.group(3);
            return new Claude(String.valueOf(id.group(1)), Double.parseDouble(major + "." + minor));
        }

        boolean takesBudgets() {
            return version < 4.7;
        }

        boolean takesEfforts() {
            return version >= 4.6;
        }

        boolean thinksAlways() {
            return version >= 5;
        }

        boolean binds() {
            return version >= 5.1;
        }

        int longestReply() {
            return version >= 5 || (family.equals("opus") && version >= 4.6)
                    ? 128_000
                    : family.equals("opus") && version < 4.5 ? 32_000 : 64_000;
        }
    }

    /** Whether a reply of this model to this request begins with thinking. */
    static boolean thinks(String modelId, JsonNode body) {
        Claude claude = Claude.of(modelId);
        return claude != null
                && (claude.thinksAlways()
                        || body.at("/additionalModelRequestFields/thinking/type")
                                .asText()
                                .matches("enabled|adaptive"));
    }

    void check(String modelId, JsonNode body) throws Refused {
        Claude claude = Claude.of(modelId);
        if (claude == null) {
            checkOther(body);
            return;
        }
        checkParameters(claude, body);
        checkProperties(body.path("toolConfig").path("tools"));
        checkCalls(body.path("messages"));
        checkThinking(claude, body);
    }

    private static void checkOther(JsonNode body) throws Refused {
        require(
                !body.toString().contains("\"cachePoint\""),
                "You invoked an unsupported model or your request did not allow prompt caching.");
        require(
                !body.at("/additionalModelRequestFields").has("thinking"),
                "The model returned the following errors: extraneous key [thinking] is not permitted");
        require(
                body.findValues("reasoningContent").isEmpty(),
                MODEL_SAYS + "this model does not support reasoning content in messages");
    }

    private static void checkParameters(Claude claude, JsonNode body) throws Refused {
        JsonNode fields = body.path("additionalModelRequestFields");
        String thinking = fields.path("thinking").path("type").asText("");
        int budget = fields.path("thinking").path("budget_tokens").asInt();
        JsonNode inference = body.path("inferenceConfig");
        int longest = inference.path("maxTokens").asInt(1);
        require(
                longest <= claude.longestReply(),
                MODEL_SAYS + "max_tokens: " + longest + " > " + claude.longestReply()
                        + ", which is the maximum allowed number of output tokens");
        for (String sampling : List.of("temperature", "topP")) {
            require(
                    claude.version() < 4.7 || !inference.has(sampling),
                    MODEL_SAYS + "`" + sampling + "` is not supported for this model.");
            require(
                    thinking.isEmpty()
                            || thinking.equals("disabled")
                            || inference.path(sampling).asDouble(1) == 1,
                    MODEL_SAYS + "`" + sampling + "` may only be set to 1 when thinking is enabled.");
        }
        require(
                !thinking.equals("enabled") || claude.takesBudgets(),
                MODEL_SAYS
                        + "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and "
                        + "\"output_config.effort\" to control thinking behavior.");
        require(
                !thinking.equals("disabled") || !claude.thinksAlways(),
                MODEL_SAYS + "\"thinking.type.disabled\" is not supported for this model.");
        require(
                !thinking.equals("enabled") || (budget >= 1_024 && budget < longest),
                MODEL_SAYS + "`max_tokens` must be greater than `thinking.budget_tokens`, which is at least 1024");
        require(
                !thinking.equals("adaptive") || claude.takesEfforts(),
                MODEL_SAYS + "adaptive thinking is not supported on this model");
        String effort = fields.path("output_config").path("effort").asText("");
        require(
                effort.isEmpty()
                        || (claude.takesEfforts()
                                && effort.matches(
                                        claude.version() >= 4.7 ? "low|medium|high|xhigh|max" : "low|medium|high|max")),
                MODEL_SAYS + "output_config.effort: " + effort + " is not supported for this model");
        require(
                claude.version() < 5.1
                        || claude.family().equals("haiku")
                        || !(body.at("/toolConfig/toolChoice").has("any")
                                || body.at("/toolConfig/toolChoice").has("tool")),
                MODEL_SAYS + "tool_choice forces tool use is not supported for this model.");
        for (JsonNode point : body.findValues("cachePoint")) {
            String ttl = point.path("ttl").asText("5m");
            require(
                    ttl.equals("5m") || (ttl.equals("1h") && claude.version() >= 4.5),
                    MODEL_SAYS + "cache_control.ttl: " + ttl + " is not supported for this model");
        }
        // It must see what it thought before it called the tools whose results it gets.
        JsonNode messages = body.path("messages");
        JsonNode before = messages.path(messages.size() - 2).path("content");
        require(
                !thinking.equals("enabled")
                        || before.findValues("toolUse").isEmpty()
                        || before.path(0).has("reasoningContent"),
                MODEL_SAYS + "messages." + (messages.size() - 2)
                        + ".content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.");
    }

    private static void checkProperties(JsonNode tools) throws Refused {
        for (int i = 0; i < tools.size(); i++) {
            for (JsonNode properties : tools.get(i).path("toolSpec").findValues("properties")) {
                for (Iterator<String> names = properties.fieldNames(); names.hasNext(); ) {
                    require(
                            PROPERTY.matcher(names.next()).matches(),
                            MODEL_SAYS + "tools." + i
                                    + ".custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'");
                }
            }
        }
    }

    private static void checkCalls(JsonNode messages) throws Refused {
        Set<String> ids = new HashSet<>();
        for (JsonNode call : messages.findValues("toolUse")) {
            require(ids.add(call.path("toolUseId").asText()), MODEL_SAYS + "messages: `tool_use` ids must be unique");
        }
    }

    private void checkThinking(Claude claude, JsonNode body) throws Refused {
        JsonNode messages = body.path("messages");
        long before = claude.binds() ? prefix(body) : 0;
        for (int i = 0; i < messages.size(); i++) {
            JsonNode content = messages.get(i).path("content");
            for (int j = 0; j < content.size(); j++) {
                JsonNode block = content.get(j).path("reasoningContent");
                if (block.isMissingNode()) {
                    continue;
                }
                String at = MODEL_SAYS + "messages." + i + ".content." + j + ": ";
                String signature = signature(block);
                require(!signature.isEmpty(), at + "thinking.signature: Field required");
                Set<String> places = minted.getOrDefault(signature, Set.of());
                boolean own = places.stream().anyMatch(place -> place.startsWith(claude + "|"));
                require(
                        !claude.binds() || (!places.isEmpty() && !own) || places.contains(claude + "|" + before),
                        at
                                + "Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the "
                                + "block, or set `thinking.block_binding.prefix_mismatch_behavior` to \"drop_block\".");
            }
            before = claude.binds() ? behind(before, messages.get(i)) : 0;
        }
    }

    /** Remembers what the thinking of this reply is bound to. */
    void mint(String modelId, JsonNode body, Script.Reply reply) {
        Claude claude = Claude.of(modelId);
        if (claude == null || reply.blocks().stream().noneMatch(ModelLimits::isThinking)) {
            return;
        }
        if (minted.size() > MOST_MINTED) {
            minted.clear();
        }
        String place = claude + "|" + prefix(body, body.path("messages").size());
        for (Script.Block block : reply.blocks()) {
            String signature = switch (block) {
                case Script.Block.Reasoning(String text, String signed) -> signed == null ? "" : signed;
                case Script.Block.Redacted(byte[] content) ->
                    Base64.getEncoder().encodeToString(content);
                default -> "";
            };
            if (!signature.isEmpty()) {
                minted.computeIfAbsent(signature, _ -> ConcurrentHashMap.newKeySet())
                        .add(place);
            }
        }
    }

    private static boolean isThinking(Script.Block block) {
        return block instanceof Script.Block.Reasoning || block instanceof Script.Block.Redacted;
    }

    private static String signature(JsonNode block) {
        return block.has("redactedContent")
                ? block.get("redactedContent").asText()
                : block.path("reasoningText").path("signature").asText("");
    }

    /** A hash of system prompt, tools and the messages before one, without cache points, which are no content. */
    private static long prefix(JsonNode body, int end) {
        long hash = prefix(body);
        for (int i = 0; i < end; i++) {
            hash = behind(hash, body.path("messages").get(i));
        }
        return hash;
    }

    private static long prefix(JsonNode body) {
        return behind(
                behind(1125899906842597L, body.path("system")),
                body.path("toolConfig").path("tools"));
    }

    private static long behind(long hash, JsonNode node) {
        String content = CACHE_POINT.matcher(node.toString()).replaceAll("");
        long longer = hash;
        for (int i = 0; i < content.length(); i++) {
            longer = 31 * longer + content.charAt(i);
        }
        return longer;
    }

    private static void require(boolean holds, String otherwise) throws Refused {
        if (!holds) {
            throw new Refused(otherwise);
        }
    }
}
