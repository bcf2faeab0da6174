package io.mcpagent.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the value of a tool's parameter comes from. */
sealed interface ParameterSource {

    /** What is known of a caller. */
    record Facts(String subject, @Nullable String key, JsonNode claims, JsonNode attributes) {}

    /** The value; a missing node if this caller has none. */
    JsonNode of(Facts facts);

    /** The caller's subject. */
    record Subject() implements ParameterSource {
        @Override
        public JsonNode of(Facts facts) {
            return JsonNodeFactory.instance.textNode(facts.subject());
        }
    }

    /** The API key's name. */
    record KeyName() implements ParameterSource {
        @Override
        public JsonNode of(Facts facts) {
            String key = facts.key();
            return key == null ? MissingNode.getInstance() : JsonNodeFactory.instance.textNode(key);
        }
    }

    /** A claim of the token. */
    record ClaimValue(ClaimPath path) implements ParameterSource {
        @Override
        public JsonNode of(Facts facts) {
            return path.in(facts.claims());
        }
    }

    /** An attribute of the API key's entry in the secret. */
    record Attribute(ClaimPath path) implements ParameterSource {
        @Override
        public JsonNode of(Facts facts) {
            return path.in(facts.attributes());
        }
    }

    /** The first that has a value. */
    record First(List<ParameterSource> sources) implements ParameterSource {

        public First {
            sources = List.copyOf(sources);
        }

        @Override
        public JsonNode of(Facts facts) {
            return sources.stream()
                    .map(source -> usable(source.of(facts)))
                    .filter(value -> !value.isMissingNode())
                    .findFirst()
                    .orElse(MissingNode.getInstance());
        }
    }

    /** A text that is not blank, a number, a truth value, or a list of at least one of them: anything else is nothing. */
    static JsonNode usable(JsonNode value) {
        boolean list = value.isArray() && !value.isEmpty();
        for (JsonNode each : list ? value : List.of(value)) {
            boolean scalar = each.isTextual() ? !each.textValue().isBlank() : each.isNumber() || each.isBoolean();
            if (!scalar) {
                return MissingNode.getInstance();
            }
        }
        return value;
    }

    /**
     * Reads what the configuration says.
     *
     * @throws IllegalArgumentException if it says none
     */
    static ParameterSource parse(String text) {
        List<ParameterSource> sources = new ArrayList<>();
        for (String each : text.split("\\|", -1)) {
            String source = each.strip();
            if (source.equals("subject")) {
                sources.add(new Subject());
            } else if (source.equals("key")) {
                sources.add(new KeyName());
            } else if (source.startsWith("claim:")) {
                sources.add(new ClaimValue(ClaimPath.parse(source.substring("claim:".length()))));
            } else if (source.startsWith("attribute:")) {
                sources.add(new Attribute(ClaimPath.parse(source.substring("attribute:".length()))));
            } else {
                throw new IllegalArgumentException(
                        "must be subject, key, claim:… or attribute:…, several with | between them, not " + source);
            }
        }
        return new First(sources);
    }
}
