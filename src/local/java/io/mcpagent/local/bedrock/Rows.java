package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rows of a tool result, and what of it is not rows. Rows come as one JSON array, as one JSON object a text block or a
 * line, or as an object that has them in one of its members.
 *
 * @param rows objects
 * @param notes other text, in order
 */
record Rows(List<JsonNode> rows, List<String> notes) {

    private static final int MOST_SHOWN = 50;
    private static final Set<String> WRAPPERS = Set.of("rows", "results", "result", "items", "data", "records");

    static Rows of(JsonNode toolResult) {
        Rows rows = new Rows(new ArrayList<>(), new ArrayList<>());
        for (JsonNode block : toolResult.path("content")) {
            if (block.has("json")) {
                rows.add(block.get("json"));
            } else if (!block.path("text").asText().isBlank()) {
                rows.addText(block.get("text").asText());
            }
        }
        return rows;
    }

    private void addText(String text) {
        if (!addJson(text)) {
            text.lines().filter(line -> !line.isBlank()).forEach(line -> {
                if (!addJson(line)) {
                    notes.add(line.strip());
                }
            });
        }
    }

    private boolean addJson(String text) {
        String start = text.strip();
        if (!start.startsWith("{") && !start.startsWith("[")) {
            return false;
        }
        try {
            add(Json.parse(start));
            return true;
        } catch (IllegalArgumentException notJson) {
            return false;
        }
    }

    private void add(JsonNode node) {
        if (node.isArray()) {
            node.forEach(this::add);
        } else if (node.isObject()) {
            addObject(node);
        } else if (!node.isNull()) {
            notes.add(node.asText());
        }
    }

    private void addObject(JsonNode node) {
        List<String> wrapped = node.properties().stream()
                .filter(entry -> entry.getValue().isArray() && WRAPPERS.contains(entry.getKey()))
                .map(Map.Entry::getKey)
                .toList();
        if (wrapped.size() != 1) {
            rows.add(node);
            return;
        }
        node.properties().forEach(entry -> {
            if (entry.getKey().equals(wrapped.getFirst())) {
                add(entry.getValue());
            } else if (entry.getValue().isTextual()) {
                notes.add(entry.getValue().asText());
            }
        });
    }

    /** Values by column, as far as they are plain. */
    Map<String, Set<String>> values() {
        Map<String, Set<String>> values = new LinkedHashMap<>();
        rows.forEach(row -> row.properties().stream()
                .filter(entry ->
                        entry.getValue().isValueNode() && !entry.getValue().isNull())
                .forEach(entry -> values.computeIfAbsent(entry.getKey(), key -> new LinkedHashSet<>())
                        .add(entry.getValue().asText())));
        return values;
    }

    /** The rows as Markdown; lists inside a single row become tables of their own. */
    String markdown() {
        StringBuilder text = new StringBuilder();
        boolean single = rows.size() == 1;
        if (!rows.isEmpty()) {
            text.append(table(rows.subList(0, Math.min(rows.size(), MOST_SHOWN)), single));
        }
        if (rows.size() > MOST_SHOWN) {
            text.append("\n… and ").append(rows.size() - MOST_SHOWN).append(" more rows.\n");
        }
        if (single) {
            rows.getFirst().properties().stream()
                    .filter(entry -> entry.getValue().isContainerNode()
                            && !entry.getValue().isEmpty())
                    .forEach(entry -> text.append("\n")
                            .append(entry.getKey())
                            .append(":\n\n")
                            .append(nested(entry.getValue())));
        }
        notes.forEach(
                note -> text.append(text.isEmpty() ? "" : "\n").append(note).append("\n"));
        return text.toString();
    }

    private static String nested(JsonNode node) {
        List<JsonNode> inner = new ArrayList<>();
        if (node.isArray()) {
            node.forEach(inner::add);
        } else {
            inner.add(node);
        }
        return inner.stream().allMatch(JsonNode::isObject) ? table(inner, false) : cell(node) + "\n";
    }

    private static String table(List<JsonNode> rows, boolean nestedApart) {
        Set<String> columns = new LinkedHashSet<>();
        rows.forEach(row -> row.properties().stream()
                .filter(entry -> !nestedApart
                        || !entry.getValue().isContainerNode()
                        || entry.getValue().isEmpty())
                .forEach(entry -> columns.add(entry.getKey())));
        StringBuilder table =
                new StringBuilder(line(columns.stream().map(Rows::escaped).toList()));
        table.append(line(columns.stream().map(column -> "---").toList()));
        rows.forEach(row -> table.append(
                line(columns.stream().map(column -> cell(row.path(column))).toList())));
        return table.toString();
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }

    private static String cell(JsonNode node) {
        if (node.isArray()) {
            List<String> parts = new ArrayList<>();
            node.forEach(element -> parts.add(cell(element)));
            return String.join("; ", parts);
        }
        if (node.isObject()) {
            return node.properties().stream()
                    .map(entry -> entry.getKey() + ": " + cell(entry.getValue()))
                    .collect(Collectors.joining(", "));
        }
        return node.isNull() || node.isMissingNode() ? "" : escaped(node.asText());
    }

    private static String escaped(String text) {
        return text.replace("|", "\\|").replaceAll("\\s*\\R\\s*", " ");
    }
}
