package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A request that passed the service's own checks.
 *
 * @param modelId decoded model id from the path
 * @param stream whether it is ConverseStream
 * @param body the request document
 */
public record ConverseRequest(String modelId, boolean stream, JsonNode body) {

    private static final Pattern TODAY =
            Pattern.compile("\\(Today is [A-Z][a-z]+, (\\d{4}-\\d{2}-\\d{2})\\. The time zone is [^)]+\\.\\)");

    /** The messages, oldest first. */
    public List<JsonNode> messages() {
        return list(body.path("messages"));
    }

    /** The specifications of the offered tools. */
    public List<JsonNode> tools() {
        return list(body.path("toolConfig").path("tools")).stream()
                .filter(tool -> tool.has("toolSpec"))
                .map(tool -> tool.get("toolSpec"))
                .toList();
    }

    /** Index of the message with which the current turn starts: the last user message without tool results. */
    public int turnStart() {
        List<JsonNode> messages = messages();
        for (int i = messages.size() - 1; i > 0; i--) {
            if (messages.get(i).path("role").asText().equals("user")
                    && results(messages.get(i)).isEmpty()) {
                return i;
            }
        }
        return 0;
    }

    /** The text of the question of the current turn. */
    public String question() {
        return text(messages().get(turnStart()));
    }

    /** The day that the current turn was told it is, beside its question or in the system prompt. */
    Optional<LocalDate> today() {
        return Stream.of(messages().get(turnStart()).path("content"), body.path("system"))
                .flatMap(blocks -> list(blocks).stream())
                .map(block -> TODAY.matcher(block.path("text").asText()))
                .filter(Matcher::find)
                .map(told -> LocalDate.parse(told.group(1)))
                .findFirst();
    }

    /** How many rounds of tool calls the current turn has behind it. */
    public int rounds() {
        List<JsonNode> messages = messages();
        return (int) messages.subList(turnStart(), messages.size()).stream()
                .filter(message -> !results(message).isEmpty())
                .count();
    }

    /** The tool results of the last message, empty at the start of a turn. */
    public List<JsonNode> lastResults() {
        return results(messages().getLast());
    }

    static List<JsonNode> results(JsonNode message) {
        return list(message.path("content")).stream()
                .filter(block -> block.has("toolResult"))
                .map(block -> block.get("toolResult"))
                .toList();
    }

    static List<JsonNode> calls(JsonNode message) {
        return list(message.path("content")).stream()
                .filter(block -> block.has("toolUse"))
                .map(block -> block.get("toolUse"))
                .toList();
    }

    /** The text blocks of a message or of a tool result, one a line, without the one that says what day it is; a JSON block counts as its text. */
    static String text(JsonNode message) {
        StringBuilder text = new StringBuilder();
        for (JsonNode block : message.path("content")) {
            String part = block.has("text")
                    ? block.get("text").asText()
                    : block.has("json") ? block.get("json").toString() : "";
            if (!part.isBlank() && !TODAY.matcher(part).matches()) {
                text.append(text.isEmpty() ? "" : "\n").append(part);
            }
        }
        return text.toString();
    }

    private static List<JsonNode> list(JsonNode array) {
        List<JsonNode> list = new ArrayList<>(array.size());
        array.forEach(list::add);
        return list;
    }
}
