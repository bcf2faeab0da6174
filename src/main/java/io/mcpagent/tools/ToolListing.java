package io.mcpagent.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.base.Sha256;
import io.mcpagent.model.ToolDefinition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One answer of the server to the question for its tools.
 *
 * @param offered what the server listed, in its order, by the name that the model knows; also what is never offered to the model
 * @param leftOut  tools that can't be offered to the model
 * @param ttl      how long the server lets the list be kept
 * @param catalogs what callers may know of, by the names of the tools that they are offered
 * @param refused  tools that the model's service turned out not to take, by the model's names
 */
record ToolListing(
        Map<String, OfferedTool> offered,
        List<String> leftOut,
        Duration ttl,
        Map<List<String>, ToolCatalog> catalogs,
        Set<String> refused) {

    private static final Logger LOG = Logger.getLogger(ToolListing.class);
    private static final String NO_ARGUMENTS = "{\"type\":\"object\",\"properties\":{}}";
    private static final int HASH_LENGTH = 8;
    private static final Pattern PROPERTY = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");
    private static final int LONGEST_SCHEMA = 64 << 10;
    private static final int DEEPEST_SCHEMA = 32;
    /** Names, descriptions and schemas of all that is offered: they are sent with each request. */
    private static final int MOST_OFFERED = 256 << 10;

    private static final int MOST_CATALOGS = 256;
    private static final int MOST_NAMED = 20;
    private static final int LONGEST_HEAD = 64 - HASH_LENGTH - 1;

    /**
     * A tool together with the name that its server knows it by.
     *
     * @param serverName the name in calls to the server; the model may know it by another one
     * @param parameters what its caller's identity fills
     */
    record OfferedTool(String serverName, Tool tool, CallerParameters parameters) {

        /** Reads a {@code Tool} of MCP; nothing if it is none that can be called. */
        static Optional<OfferedTool> of(JsonNode described, CallerParameters.Reserved reserved) {
            JsonNode json = described.deepCopy();
            String name = json.path("name").asText("");
            CallerParameters parameters =
                    CallerParameters.takeFrom(json, reserved).orElse(null);
            JsonNode schema = json.path("inputSchema");
            if (parameters == null
                    || name.isEmpty()
                    || !LookAlikes.isAcceptable(name)
                    || !(schema.isMissingNode() || (schema.isObject() && isAcceptable(schema)))) {
                return Optional.empty();
            }
            String description = json.path("description").asText("");
            String told = description.isBlank() ? json.path("title").asText(name) : description;
            if (!isUnicode(told) || !isUnicode(schema.toString())) {
                return Optional.empty();
            }
            Tool.Hints hints = hints(json.path("annotations"));
            try {
                String fingerprint = fingerprint(described, name, told, hints);
                ToolDefinition definition = new ToolDefinition(
                        nameForModel(name), told, schema.isMissingNode() ? NO_ARGUMENTS : schema.toString());
                return Optional.of(new OfferedTool(name, new Tool(definition, hints, fingerprint), parameters));
            } catch (JsonProcessingException e) {
                return Optional.empty();
            }
        }

        /** Half a surrogate pair can't be sent. */
        private static boolean isUnicode(String text) {
            return StandardCharsets.UTF_8.newEncoder().canEncode(text);
        }

        int size() {
            ToolDefinition told = tool.definition();
            return told.name().length()
                    + told.description().length()
                    + told.inputSchema().length();
        }

        /** Over all that the server says: also over what the model does not see of it. */
        private static String fingerprint(JsonNode described, String name, String told, Tool.Hints hints)
                throws JsonProcessingException {
            String schema = ExactJson.canonical(described.path("inputSchema"));
            JsonNode secure = described.path("secureInputSchema");
            return secure.path("properties").isEmpty()
                    ? Sha256.hexOfParts(name, told, schema, hints.toString())
                    : Sha256.hexOfParts(name, told, schema, hints.toString(), ExactJson.canonical(secure));
        }

        private static Tool.Hints hints(JsonNode annotations) {
            return new Tool.Hints(
                    hint(annotations, "readOnlyHint"),
                    hint(annotations, "destructiveHint"),
                    hint(annotations, "idempotentHint"));
        }

        private static @Nullable Boolean hint(JsonNode annotations, String name) {
            JsonNode value = annotations.path(name);
            return value.isBoolean() ? (Boolean) value.booleanValue() : null;
        }
    }

    /**
     * @param listed   the tools as the server describes them
     * @param reserved which of their parameters the model must not fill
     */
    static ToolListing of(McpConnection.Listed listed, CallerParameters.Reserved reserved) {
        List<JsonNode> tools = listed.tools();
        Map<String, OfferedTool> offered = new LinkedHashMap<>();
        Set<String> leftOut = new LinkedHashSet<>();
        int size = 0;
        for (JsonNode json : tools) {
            Optional<OfferedTool> tool = OfferedTool.of(json, reserved);
            // The first of two equal names wins: a later one could only be there to take its place.
            if (tool.isEmpty()
                    || size + tool.get().size() > MOST_OFFERED
                    || offered.putIfAbsent(tool.get().tool().name(), tool.get()) != null) {
                leftOut.add(nameForModel(json.path("name").asText("")));
            } else {
                size += tool.get().size();
            }
        }
        if (!leftOut.isEmpty()) {
            LOG.warnf(
                    "%d of %d tools can't be offered to the model and are left out: %s. Possible reasons: the name is taken, or looks "
                            + "like another (blanks at its ends, invisible signs, mixed scripts); the schema is no object of JSON Schema, has "
                            + "alternatives at its top, or is too large; all tools together are too large; a parameter's name is not 1 to 64 letters, digits, dots, - and _; "
                            + "a parameter of agent.identity.parameters would be filled by the model",
                    leftOut.size(), tools.size(), String.join(", ", first(leftOut)));
        }
        return new ToolListing(
                Collections.unmodifiableMap(offered),
                first(leftOut),
                listed.ttl(),
                new ConcurrentHashMap<>(),
                ConcurrentHashMap.newKeySet());
    }

    /** What a caller may know of who is offered these: one object for all to whom the same is offered. */
    ToolCatalog catalog(Predicate<OfferedTool> shown) {
        List<OfferedTool> tools = offered.values().stream()
                .filter(each -> !refused.contains(each.tool().name()))
                .filter(shown)
                .toList();
        List<String> names = tools.stream().map(each -> each.tool().name()).toList();
        ToolCatalog known = catalogs.get(names);
        if (known != null) {
            return known;
        }
        ToolCatalog made = new ToolCatalog(tools.stream().map(OfferedTool::tool).toList(), allLeftOut());
        if (catalogs.size() >= MOST_CATALOGS) {
            return made;
        }
        ToolCatalog other = catalogs.putIfAbsent(names, made);
        return other == null ? made : other;
    }

    /** Leaves out a tool that is as this list has it, and that the model's service does not take. */
    void refuse(Tool tool) {
        OfferedTool known = offered.get(tool.name());
        if (known != null && known.tool().equals(tool) && refused.add(tool.name())) {
            LOG.warnf(
                    "Bedrock refuses the tool %s because of its name or its schema. The tool is left out until the tools are listed again",
                    tool.name());
        }
    }

    /** The names of all that can't be offered to the model, as far as they are worth reading. */
    List<String> allLeftOut() {
        Set<String> all = new LinkedHashSet<>(leftOut);
        all.addAll(refused);
        return first(all);
    }

    /** As many names as are worth reading. */
    private static List<String> first(Set<String> names) {
        return names.stream().limit(MOST_NAMED).toList();
    }

    /**
     * Whether Bedrock takes this schema: one property's name outside its pattern, and it refuses every request that offers the tool.
     *
     * @see <a href="https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use">Property keys</a>
     */
    static boolean isAcceptable(JsonNode schema) {
        // The depth first: the rest goes as deep as the schema does.
        return isAcceptable(schema, 0)
                && SoundSchema.ofArguments(schema)
                && schema.toString().length() <= LONGEST_SCHEMA;
    }

    private static boolean isAcceptable(JsonNode schema, int depth) {
        if (depth > DEEPEST_SCHEMA || (schema.isNumber() && !Double.isFinite(schema.doubleValue()))) {
            return false;
        }
        for (Map.Entry<String, JsonNode> member : schema.properties()) {
            JsonNode value = member.getValue();
            if (member.getKey().equals("properties") && value.isObject()) {
                for (Map.Entry<String, JsonNode> property : value.properties()) {
                    if (!PROPERTY.matcher(property.getKey()).matches()
                            || !isAcceptable(property.getValue(), depth + 1)) {
                        return false;
                    }
                }
            } else if (!isAcceptable(value, depth + 1)) {
                return false;
            }
        }
        for (JsonNode element : schema.isArray() ? schema : List.<JsonNode>of()) {
            if (!isAcceptable(element, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    /**
     * A name that Bedrock takes: MCP allows more characters, and longer names. A name that fits stays as it is; any other is made to fit and gets a
     * piece of its hash, so that two different names never become one by accident.
     */
    static String nameForModel(String serverName) {
        if (ToolDefinition.isAcceptable(serverName)) {
            return serverName;
        }
        String head = ToolDefinition.acceptableName(serverName);
        return head.substring(0, Math.min(head.length(), LONGEST_HEAD)) + "_"
                + Sha256.hexOfParts(serverName).substring(0, HASH_LENGTH);
    }
}
