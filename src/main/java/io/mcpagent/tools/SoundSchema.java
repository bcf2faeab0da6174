package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Whether an input schema is one by JSON Schema, draft 2020-12, and of the form that models take: with one tool whose schema is not, the model's service
 * refuses each request that offers it.
 *
 * @see <a href="https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use">Tool definitions</a>
 * @see <a href="https://github.com/trycua/cua/issues/3303">Bedrock refuses alternatives at the top</a>
 */
final class SoundSchema {

    private static final Set<String> TYPES =
            Set.of("object", "array", "string", "number", "integer", "boolean", "null");
    /** Anthropic's models take none of them beside the outermost type. */
    private static final Set<String> NOT_OUTERMOST = Set.of("anyOf", "oneOf", "allOf");

    private static final Map<String, Predicate<JsonNode>> KEYWORDS = Map.ofEntries(
            Map.entry("type", SoundSchema::isType),
            Map.entry("required", SoundSchema::isNames),
            Map.entry("enum", JsonNode::isArray),
            Map.entry("properties", SoundSchema::areSound),
            Map.entry("patternProperties", SoundSchema::areSound),
            Map.entry("$defs", SoundSchema::areSound),
            Map.entry("definitions", SoundSchema::areSound),
            Map.entry("items", SoundSchema::isSound),
            Map.entry("additionalProperties", SoundSchema::isSound),
            Map.entry("not", SoundSchema::isSound),
            Map.entry("anyOf", SoundSchema::areAlternatives),
            Map.entry("oneOf", SoundSchema::areAlternatives),
            Map.entry("allOf", SoundSchema::areAlternatives),
            Map.entry("description", JsonNode::isTextual),
            Map.entry("title", JsonNode::isTextual),
            Map.entry("format", JsonNode::isTextual),
            Map.entry("pattern", JsonNode::isTextual),
            Map.entry("$ref", JsonNode::isTextual),
            Map.entry("minimum", JsonNode::isNumber),
            Map.entry("maximum", JsonNode::isNumber),
            Map.entry("exclusiveMinimum", JsonNode::isNumber),
            Map.entry("exclusiveMaximum", JsonNode::isNumber),
            Map.entry("multipleOf", number -> number.isNumber() && number.doubleValue() > 0),
            Map.entry("minLength", SoundSchema::isCount),
            Map.entry("maxLength", SoundSchema::isCount),
            Map.entry("minItems", SoundSchema::isCount),
            Map.entry("maxItems", SoundSchema::isCount),
            Map.entry("minProperties", SoundSchema::isCount),
            Map.entry("maxProperties", SoundSchema::isCount),
            Map.entry("uniqueItems", JsonNode::isBoolean));

    private SoundSchema() {}

    /** Whether it describes the arguments of a tool. */
    static boolean ofArguments(JsonNode schema) {
        return schema.path("type").asText().equals("object")
                && NOT_OUTERMOST.stream().noneMatch(schema::has)
                && isSound(schema);
    }

    private static boolean isSound(JsonNode schema) {
        return schema.isBoolean()
                || (schema.isObject()
                        && schema.properties().stream()
                                .allMatch(member -> KEYWORDS.getOrDefault(member.getKey(), any -> true)
                                        .test(member.getValue())));
    }

    private static boolean areSound(JsonNode schemas) {
        return schemas.isObject() && schemas.properties().stream().allMatch(member -> isSound(member.getValue()));
    }

    private static boolean areAlternatives(JsonNode schemas) {
        return schemas.isArray() && !schemas.isEmpty() && all(schemas, SoundSchema::isSound);
    }

    private static boolean isType(JsonNode type) {
        return type.isArray()
                ? !type.isEmpty() && isNames(type) && all(type, SoundSchema::isType)
                : TYPES.contains(type.asText());
    }

    private static boolean isNames(JsonNode names) {
        Set<String> known = new HashSet<>();
        return names.isArray() && all(names, name -> name.isTextual() && known.add(name.textValue()));
    }

    private static boolean isCount(JsonNode number) {
        return number.isNumber()
                && number.doubleValue() >= 0
                && number.doubleValue() == Math.rint(number.doubleValue());
    }

    private static boolean all(JsonNode elements, Predicate<JsonNode> hold) {
        for (JsonNode each : elements) {
            if (!hold.test(each)) {
                return false;
            }
        }
        return true;
    }
}
