package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The service's own checks of a request document, with its own words where they are known. */
final class Validation {

    /** A request that the service refuses with a ValidationException. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final Pattern METADATA = Pattern.compile("[a-zA-Z0-9\\s:_@$#=/+,-.]{1,256}");
    private static final int MOST_CACHE_POINTS = 4;
    private static final int MOST_METADATA = 16;
    private static final Set<String> MEMBERS = Set.of(
            "messages",
            "system",
            "inferenceConfig",
            "toolConfig",
            "guardrailConfig",
            "additionalModelRequestFields",
            "additionalModelResponseFieldPaths",
            "promptVariables",
            "requestMetadata",
            "performanceConfig",
            "serviceTier",
            "outputConfig");
    private static final Set<String> BLOCKS = Set.of(
            "text",
            "image",
            "document",
            "video",
            "audio",
            "toolUse",
            "toolResult",
            "guardContent",
            "cachePoint",
            "reasoningContent",
            "citationsContent",
            "searchResult");

    private final JsonNode body;
    private int cachePoints;
    private boolean toolBlocks;

    private Validation(JsonNode body) {
        this.body = body;
    }

    static void check(JsonNode body) throws Refused {
        new Validation(body).checkAll();
    }

    private void checkAll() throws Refused {
        require(body.isObject(), "Malformed input request, please reformat your input and try again.");
        for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            require(
                    MEMBERS.contains(name),
                    "Malformed input request: #: extraneous key [" + name
                            + "] is not permitted, please reformat your input and try again.");
        }
        checkInference(body.path("inferenceConfig"));
        checkMetadata(body.path("requestMetadata"));
        checkSystem(body.path("system"));
        checkTools(body.path("toolConfig"));
        checkMessages(body.path("messages"));
        require(
                !toolBlocks || body.has("toolConfig"),
                "The toolConfig field must be defined when using toolUse and toolResult content blocks.");
        require(
                cachePoints <= MOST_CACHE_POINTS,
                "The model returned the following errors: A maximum of 4 blocks with "
                        + "cache_control may be provided. Found " + cachePoints + ".");
    }

    private static void checkInference(JsonNode config) throws Refused {
        range(config, "temperature", 0, 1);
        range(config, "topP", 0, 1);
        range(config, "maxTokens", 1, Integer.MAX_VALUE);
        require(
                !config.has("maxTokens") || config.get("maxTokens").isIntegralNumber(),
                "Malformed input request: #/inferenceConfig/maxTokens: expected type: Integer, found: Number, please "
                        + "reformat "
                        + "your input and try again.");
        require(
                config.path("stopSequences").size() <= 2500,
                constraint("inferenceConfig.stopSequences", "Member must have length less than or equal to 2500"));
        for (JsonNode sequence : config.path("stopSequences")) {
            require(
                    !sequence.asText().isEmpty(),
                    constraint(
                            "inferenceConfig.stopSequences",
                            "Member must satisfy constraint: [Member must have length greater than or equal to 1]"));
        }
    }

    private static void range(JsonNode config, String name, double least, double most) throws Refused {
        if (config.has(name)) {
            JsonNode value = config.get(name);
            String member = "inferenceConfig." + name;
            require(
                    value.isNumber(),
                    "Malformed input request: #/inferenceConfig/" + name
                            + ": expected type: Number, found: "
                            + value.getNodeType() + ", please reformat your input and try again.");
            require(
                    value.asDouble() >= least,
                    constraint(member, "Member must have value greater than or equal to " + (int) least));
            require(
                    value.asDouble() <= most,
                    constraint(member, "Member must have value less than or equal to " + (int) most));
        }
    }

    private static void checkMetadata(JsonNode metadata) throws Refused {
        require(
                metadata.isMissingNode() || (metadata.size() >= 1 && metadata.size() <= MOST_METADATA),
                constraint("requestMetadata", "Member must have length between 1 and 16"));
        for (Map.Entry<String, JsonNode> entry : metadata.properties()) {
            String value = entry.getValue().asText();
            require(
                    METADATA.matcher(entry.getKey()).matches()
                            && entry.getValue().isTextual()
                            && (value.isEmpty() || METADATA.matcher(value).matches()),
                    constraint(
                            "requestMetadata",
                            "Map keys and values must satisfy regular expression pattern: [a-zA-Z0-9\\s:_@$#=/+,-.]{1,256}"));
        }
    }

    private void checkSystem(JsonNode system) throws Refused {
        for (int i = 0; i < system.size(); i++) {
            JsonNode block = system.get(i);
            if (block.has("cachePoint")) {
                cachePoints++;
            }
            require(
                    !block.has("text") || !block.get("text").asText().isBlank(),
                    "The text field in the SystemContentBlock object " + "at system." + i
                            + " is blank. Add text to the text field, and try again.");
        }
    }

    private void checkTools(JsonNode config) throws Refused {
        if (config.isMissingNode()) {
            return;
        }
        Set<String> names = new HashSet<>();
        require(
                !config.path("tools").isEmpty(),
                constraint("toolConfig.tools", "Member must have length greater than or equal to 1"));
        int index = 0;
        for (JsonNode tool : config.path("tools")) {
            index++;
            if (tool.has("cachePoint")) {
                cachePoints++;
                continue;
            }
            JsonNode spec = tool.has("systemTool") ? tool.get("systemTool") : tool.path("toolSpec");
            String at = "toolConfig.tools." + index + ".member.toolSpec";
            String name = spec.path("name").asText();
            require(
                    NAME.matcher(name).matches(),
                    constraint(
                            at + ".name",
                            "Member must satisfy regular expression pattern: "
                                    + "[a-zA-Z0-9_-]+ and have length between 1 and 64"));
            require(names.add(name), "The model returned the following errors: tools: Tool names must be unique.");
            require(
                    !spec.has("description")
                            || !spec.get("description").asText().isEmpty(),
                    constraint(at + ".description", "Member must have length greater than or equal to 1"));
            require(
                    tool.has("systemTool")
                            || spec.path("inputSchema")
                                    .path("json")
                                    .path("type")
                                    .asText()
                                    .equals("object"),
                    "The value at toolConfig.tools." + (index - 1)
                            + ".toolSpec.inputSchema.json.type must be one of the "
                            + "following: object.");
        }
        String chosen = config.path("toolChoice").path("tool").path("name").asText("");
        require(
                chosen.isEmpty() || names.contains(chosen),
                "The model returned the following errors: tool_choice: Tool '" + chosen
                        + "' not found in provided tools");
    }

    private void checkMessages(JsonNode messages) throws Refused {
        require(
                messages.isArray() && !messages.isEmpty(),
                "The messages field is required and must not be empty. Add a message " + "and try again.");
        for (int i = 0; i < messages.size(); i++) {
            require(
                    messages.get(i).path("role").asText().matches("user|assistant"),
                    constraint(
                            "messages." + (i + 1) + ".member.role",
                            "Member must satisfy enum value set: [user, assistant]"));
        }
        require(
                messages.get(0).path("role").asText().equals("user"),
                "A conversation must start with a user message. Try again "
                        + "with a conversation that starts with a user message.");
        Set<String> open = Set.of();
        for (int i = 0; i < messages.size(); i++) {
            JsonNode message = messages.get(i);
            String role = message.path("role").asText();
            require(
                    i == 0 || !role.equals(messages.get(i - 1).path("role").asText()),
                    "A conversation must alternate between "
                            + "user and assistant roles. Make sure the conversation alternates between user and assistant "
                            + "roles and "
                            + "try again.");
            open = checkContent(message.path("content"), "messages." + i + ".content", role.equals("user"), open);
        }
        require(
                messages.get(messages.size() - 1).path("role").asText().equals("user"),
                "The model returned the following errors: "
                        + "This model does not support assistant message prefill. The conversation must end with a user "
                        + "message.");
    }

    /**
     * Checks one message; {@code open} are the calls that it must answer, the result are those that the next one must.
     */
    private Set<String> checkContent(JsonNode content, String at, boolean user, Set<String> open) throws Refused {
        require(
                content.isArray() && !content.isEmpty(),
                "The content field in the Message object at "
                        + at.substring(0, at.length() - ".content".length())
                        + " is empty. Add a ContentBlock object to the content field and try again.");
        Set<String> answered = new LinkedHashSet<>();
        Set<String> called = new LinkedHashSet<>();
        for (int i = 0; i < content.size(); i++) {
            checkBlock(content.get(i), at + "." + i, user, answered, called);
        }
        Set<String> missing =
                open.stream().filter(id -> !answered.contains(id)).collect(Collectors.toCollection(LinkedHashSet::new));
        require(
                missing.isEmpty(),
                "Expected toolResult blocks at " + at + " for the following Ids: " + String.join(", ", missing));
        require(
                open.containsAll(answered),
                "The number of toolResult blocks at " + at + " exceeds the number of toolUse blocks of previous turn.");
        return called;
    }

    private void checkBlock(JsonNode block, String at, boolean user, Set<String> answered, Set<String> called)
            throws Refused {
        require(
                block.size() == 1 && BLOCKS.contains(block.fieldNames().next()),
                "The ContentBlock object at " + at
                        + " must set one of the following keys: text, image, toolUse, toolResult, document, video, cachePoint, "
                        + "reasoningContent, citationsContent, searchResult.");
        String kind = block.fieldNames().next();
        JsonNode value = block.get(kind);
        switch (kind) {
            case "text" ->
                require(
                        value.isTextual() && !value.asText().isBlank(),
                        "The text field in the ContentBlock object at " + at
                                + " is blank. Add text to the text field, and try again.");
            case "cachePoint" -> {
                cachePoints++;
                require(
                        value.path("type").asText().equals("default"),
                        constraint(at + ".cachePoint.type", "Member must satisfy enum value set: [default]"));
            }
            case "toolUse" -> checkCall(value, at, user, called);
            case "toolResult" -> checkResult(value, at, user, answered);
            case "reasoningContent" ->
                require(!user, "The reasoningContent block at " + at + " is only allowed in assistant messages.");
            default -> {}
        }
    }

    private void checkCall(JsonNode call, String at, boolean user, Set<String> called) throws Refused {
        toolBlocks = true;
        require(!user, "The toolUse block at " + at + " is only allowed in assistant messages.");
        String id = id(call, at + ".toolUse");
        require(
                NAME.matcher(call.path("name").asText()).matches(),
                constraint(at + ".toolUse.name", "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"));
        require(
                call.path("input").isObject(),
                "The format of the value at " + at
                        + ".toolUse.input is invalid. Provide a json "
                        + "object for the field and try again.");
        require(called.add(id), "The model returned the following errors: messages: `tool_use` ids must be unique");
    }

    private void checkResult(JsonNode result, String at, boolean user, Set<String> answered) throws Refused {
        toolBlocks = true;
        require(user, "The toolResult block at " + at + " is only allowed in user messages.");
        String id = id(result, at + ".toolResult");
        require(result.path("content").isArray(), constraint(at + ".toolResult.content", "Member must not be null"));
        // The service takes an empty list or a blank text of a tool that succeeded.
        require(
                !result.path("status").asText().equals("error")
                        || !result.path("content").isEmpty(),
                "The content field at " + at + ".toolResult cannot be empty when status value is error.");
        require(
                answered.add(id),
                "The number of toolResult blocks at " + at.substring(0, at.lastIndexOf('.'))
                        + " exceeds the number of toolUse blocks of previous turn.");
    }

    private static String id(JsonNode block, String at) throws Refused {
        String id = block.path("toolUseId").asText();
        require(
                NAME.matcher(id).matches(),
                constraint(
                        at + ".toolUseId",
                        "Member must satisfy regular expression pattern: "
                                + "[a-zA-Z0-9_-]+ and have length between 1 and 64"));
        return id;
    }

    private static String constraint(String member, String rule) {
        return "1 validation error detected: Value at '" + member + "' failed to satisfy constraint: " + rule;
    }

    private static void require(boolean holds, String otherwise) throws Refused {
        if (!holds) {
            throw new Refused(otherwise);
        }
    }
}
