package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An offered tool as the offline model sees it.
 *
 * @param name its name
 * @param verbs the general verbs in its name, such as get
 * @param nameWords roots of the other words in its name
 * @param descriptionWords roots of the words in its description
 * @param parameters its parameters
 * @param aboutPeople whether its description speaks of people
 */
record Tool(
        String name,
        Set<String> verbs,
        Set<String> nameWords,
        Set<String> descriptionWords,
        List<Parameter> parameters,
        boolean aboutPeople) {

    private static final Pattern PEOPLE =
            Pattern.compile("(?i)\\b(e-?mail|person|people|customer|employee|user|contact)");

    /** What a parameter is for, as far as name, type and description tell. */
    enum Kind {
        OPTION,
        ID,
        FROM_DATE,
        TO_DATE,
        DATE,
        COUNTRY,
        FLAG,
        LIMIT,
        MOST,
        LEAST,
        NUMBER,
        TEXT,
        OTHER
    }

    /**
     * A parameter.
     *
     * @param noun for an ID the root of what it identifies
     * @param options for an OPTION the values
     */
    record Parameter(
            String name,
            String type,
            String description,
            boolean required,
            boolean hasDefault,
            Kind kind,
            String noun,
            List<String> options) {

        private static final Pattern ONE_OF = Pattern.compile("(?i)\\bone of:? ([^.;()]+)");
        private static final Pattern CHOICE = Pattern.compile("[\\w-]+(?:, [\\w-]+)*,? or [\\w-]+");
        private static final Pattern ID = Pattern.compile("(?i)(.*?)[_-]?(?:id|number|no)$");
        private static final Set<String> SEARCH = Set.of(
                "query",
                "q",
                "search",
                "text",
                "term",
                "keyword",
                "keywords",
                "filter",
                "name",
                "message",
                "prompt",
                "input",
                "question");

        static Parameter of(String tool, String name, JsonNode schema, boolean required) {
            String type = schema.path("type").asText("string");
            String description = schema.path("description").asText("");
            List<String> options = options(schema, description);
            String noun = noun(tool, name);
            return new Parameter(
                    name,
                    type,
                    description,
                    required && !schema.has("default"),
                    schema.has("default"),
                    kind(name, type, description, options, noun),
                    noun,
                    options);
        }

        boolean searches() {
            return SEARCH.contains(name.toLowerCase());
        }

        boolean integer() {
            return type.equals("integer");
        }

        private static List<String> options(JsonNode schema, String description) {
            List<String> options = new ArrayList<>();
            schema.path("enum").forEach(value -> options.add(value.asText()));
            Matcher oneOf = ONE_OF.matcher(description);
            String listed =
                    oneOf.find() ? oneOf.group(1) : CHOICE.matcher(description).matches() ? description : "";
            if (options.isEmpty() && !listed.isEmpty()) {
                for (String option : listed.split(",\\s*(?:or |and )?|\\s+or\\s+|\\s+and\\s+")) {
                    options.add(option.strip().replaceAll("^['\"`]|['\"`]$", ""));
                }
            }
            return options;
        }

        private static String noun(String tool, String name) {
            Matcher id = ID.matcher(name);
            if (!id.matches()) {
                return "";
            }
            List<String> parts = new ArrayList<>(Words.partsOf(id.group(1).isEmpty() ? tool : id.group(1)));
            return parts.isEmpty() ? "" : parts.getLast();
        }

        private static Kind kind(String name, String type, String description, List<String> options, String noun) {
            String text = (name + " " + description).toLowerCase();
            boolean number = type.equals("integer") || type.equals("number") || type.equals("float");
            if (type.equals("boolean")) {
                return Kind.FLAG;
            }
            if (!options.isEmpty()) {
                return Kind.OPTION;
            }
            if (!noun.isEmpty() && !type.equals("array") && !type.equals("object")) {
                return Kind.ID;
            }
            if (number) {
                return numeric(name.toLowerCase(), text);
            }
            if (!type.equals("string")) {
                return Kind.OTHER;
            }
            if (text.contains("yyyy-mm-dd") || Words.partsOf(name).contains("dat")) {
                String says = description.toLowerCase();
                return name.matches("(?i)(from|start|since|begin|after).*|.*_(from|start|since)")
                                || says.matches("(?s)(first|start|earliest).*")
                        ? Kind.FROM_DATE
                        : name.matches("(?i)(to|end|until|before)(_.*|date.*)?|.*_(to|end|until)")
                                        || says.matches("(?s)(last|end|latest) .*")
                                ? Kind.TO_DATE
                                : Kind.DATE;
            }
            return text.contains("country") && text.contains("code") ? Kind.COUNTRY : Kind.TEXT;
        }

        private static Kind numeric(String name, String text) {
            if (name.matches("limit|n|top|count|size|page_?size|max_?(rows|results|items)")
                    || text.matches("(?s).*(how many|most rows|number of (rows|results)).*")) {
                return Kind.LIMIT;
            }
            if (name.startsWith("max") || text.matches("(?s).*\\b(highest|maximum|at most)\\b.*")) {
                return Kind.MOST;
            }
            return name.startsWith("min") || text.matches("(?s).*\\b(lowest|minimum|at least)\\b.*")
                    ? Kind.LEAST
                    : Kind.NUMBER;
        }
    }

    static Tool of(JsonNode specification) {
        String name = specification.path("name").asText();
        String description = specification.path("description").asText("");
        Set<String> verbs = new LinkedHashSet<>();
        Set<String> words = new LinkedHashSet<>();
        for (String part : Words.partsOf(name)) {
            if (Words.verb(part) != null) {
                verbs.add(Words.verb(part));
            } else if (!Words.stop(part)) {
                words.add(part);
            }
        }
        JsonNode schema = specification.path("inputSchema").path("json");
        Set<String> required = new LinkedHashSet<>();
        schema.path("required").forEach(parameter -> required.add(parameter.asText()));
        List<Parameter> parameters = new ArrayList<>();
        schema.path("properties")
                .properties()
                .forEach(entry -> parameters.add(
                        Parameter.of(name, entry.getKey(), entry.getValue(), required.contains(entry.getKey()))));
        return new Tool(
                name,
                verbs,
                words,
                Words.contentOf(description),
                parameters,
                PEOPLE.matcher(description).find());
    }

    /** All roots by which the tool can be spoken of. */
    Set<String> vocabulary() {
        Set<String> all = new LinkedHashSet<>(nameWords);
        all.addAll(descriptionWords);
        parameters.forEach(parameter -> {
            all.addAll(Words.partsOf(parameter.name()));
            all.addAll(Words.contentOf(parameter.description()));
        });
        return all;
    }
}
