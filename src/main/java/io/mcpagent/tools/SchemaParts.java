package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Changes a tool's schema, and makes values of its types. */
final class SchemaParts {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Pattern WHOLE = Pattern.compile("0|-?[1-9][0-9]{0,17}");
    private static final Pattern DECIMAL = Pattern.compile("-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,9})?");

    private SchemaParts() {}

    /** Takes properties out of a schema. */
    static void leaveOut(JsonNode schema, List<String> names) {
        if (schema.path("properties") instanceof ObjectNode properties) {
            properties.remove(names);
        }
        if (schema.path("required") instanceof ArrayNode required) {
            List<JsonNode> kept = new ArrayList<>();
            required.forEach(each -> {
                if (!names.contains(each.asText())) {
                    kept.add(each);
                }
            });
            required.removeAll();
            required.addAll(kept);
        }
    }

    /**
     * A value as the type wants it: issuers write numbers as texts, and a list of one as that one.
     *
     * @return nothing if it would not be the same value any more
     */
    static Optional<JsonNode> fit(JsonNode value, String type) {
        return Optional.ofNullable(
                switch (type) {
                    case "string" ->
                        value.isTextual()
                                ? value
                                : value.isIntegralNumber() || value.isBoolean() ? JSON.textNode(value.asText()) : null;
                    case "integer" ->
                        value.isIntegralNumber()
                                ? value
                                : matches(value, WHOLE) ? JSON.numberNode(Long.parseLong(value.textValue())) : null;
                    case "number" ->
                        value.isNumber()
                                ? value
                                : matches(value, DECIMAL)
                                        ? JSON.numberNode(Double.parseDouble(value.textValue()))
                                        : null;
                    case "boolean" -> value.isBoolean() ? value : null;
                    case "array" -> value.isArray() ? value : JSON.arrayNode().add(value);
                    default -> null;
                });
    }

    private static boolean matches(JsonNode value, Pattern pattern) {
        return value.isTextual() && pattern.matcher(value.textValue()).matches();
    }
}
