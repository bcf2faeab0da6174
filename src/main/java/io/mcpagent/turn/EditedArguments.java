package io.mcpagent.turn;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.base.ExactNumbers;
import io.mcpagent.model.Arguments;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks arguments that a person wrote against a tool's input schema. What the schema does not name is refused, and so is what can't be checked
 * here: a tool gets nothing from a person that it would not get from a model.
 */
final class EditedArguments {

    private static final ObjectMapper JSON = ExactNumbers.in(new ObjectMapper());
    private static final Set<String> CHECKED =
            Set.of("type", "properties", "required", "additionalProperties", "items", "enum", "const");
    private static final Set<String> SAYS_NOTHING =
            Set.of("title", "description", "default", "examples", "$schema", "deprecated", "readOnly", "writeOnly");

    private EditedArguments() {}

    /** What is wrong with them, to be read after "the arguments"; null if nothing is. */
    static @Nullable String flaw(String inputSchema, Arguments arguments) {
        try {
            return flaw("", JSON.readTree(inputSchema), JSON.readTree(arguments.json()));
        } catch (JsonProcessingException e) {
            return "can't be checked: the tool's schema is no JSON";
        }
    }

    private static @Nullable String flaw(String path, JsonNode schema, JsonNode value) {
        if (schema.isBoolean()) {
            return schema.asBoolean() ? null : at(path) + " must not be there";
        }
        for (String keyword : (Iterable<String>) schema::fieldNames) {
            if (!CHECKED.contains(keyword) && !SAYS_NOTHING.contains(keyword)) {
                return "can't be edited here, since the tool's schema has " + keyword + at(path);
            }
        }
        JsonNode type = schema.path("type");
        if (type.isTextual() ? !is(type.asText(), value) : type.isArray() && !isOne(type, value)) {
            return "must have" + at(path) + " a value of type " + (type.isTextual() ? type.asText() : type.toString());
        }
        if (schema.has("enum") && !contains(schema.path("enum"), value)) {
            return "must have" + at(path) + " one of " + schema.path("enum");
        }
        if (schema.has("const") && !schema.path("const").equals(value)) {
            return "must have" + at(path) + " " + schema.path("const");
        }
        return value.isObject() ? members(path, schema, value) : value.isArray() ? items(path, schema, value) : null;
    }

    private static @Nullable String members(String path, JsonNode schema, JsonNode value) {
        for (JsonNode required : schema.path("required")) {
            if (!value.has(required.asText())) {
                return "must have" + at(path + "/" + required.asText()) + " a value";
            }
        }
        JsonNode others = schema.path("additionalProperties");
        for (String name : (Iterable<String>) value::fieldNames) {
            JsonNode member = schema.path("properties").path(name);
            if (member.isMissingNode() && !others.isObject()) {
                return "may not have" + at(path + "/" + name);
            }
            String flaw = flaw(path + "/" + name, member.isMissingNode() ? others : member, value.path(name));
            if (flaw != null) {
                return flaw;
            }
        }
        return null;
    }

    private static @Nullable String items(String path, JsonNode schema, JsonNode value) {
        for (int i = 0; schema.has("items") && i < value.size(); i++) {
            String flaw = flaw(path + "/" + i, schema.path("items"), value.path(i));
            if (flaw != null) {
                return flaw;
            }
        }
        return null;
    }

    private static boolean isOne(JsonNode types, JsonNode value) {
        for (JsonNode type : types) {
            if (is(type.asText(), value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean is(String type, JsonNode value) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "boolean" -> value.isBoolean();
            case "null" -> value.isNull();
            case "number" -> value.isNumber();
            case "integer" ->
                value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
            default -> false;
        };
    }

    private static boolean contains(JsonNode values, JsonNode value) {
        for (JsonNode each : values) {
            if (each.equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static String at(String path) {
        return path.isEmpty() ? "" : " at " + path;
    }
}
