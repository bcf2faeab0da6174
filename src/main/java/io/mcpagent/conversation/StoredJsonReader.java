package io.mcpagent.conversation;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import io.mcpagent.model.Usage;
import io.mcpagent.tools.ToolOutcome;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what {@link StoredJsonWriter} wrote. */
final class StoredJsonReader {

    private interface Element<T> {
        T read(Members members);
    }

    /** The members of one object: text, numbers and booleans by their name, arrays and objects in their own forms. */
    private static final class Members {

        private final Map<String, String> texts = new HashMap<>();
        private final Map<String, List<Members>> lists = new HashMap<>();

        static Members from(JsonParser json) throws IOException {
            if (json.currentToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("an object is expected");
            }
            Members members = new Members();
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                JsonToken token = json.nextToken();
                if (token == JsonToken.START_OBJECT) {
                    members.lists.put(name, List.of(from(json)));
                } else if (token == JsonToken.START_ARRAY) {
                    members.lists.put(name, array(json));
                } else if (token != JsonToken.VALUE_NULL) {
                    members.texts.put(name, json.getText());
                }
            }
            return members;
        }

        private static List<Members> array(JsonParser json) throws IOException {
            List<Members> elements = new ArrayList<>();
            for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
                if (token == JsonToken.START_OBJECT) {
                    elements.add(from(json));
                } else if (token == JsonToken.START_ARRAY) {
                    json.skipChildren();
                } else if (token == null) {
                    throw new IllegalArgumentException("the text ends early");
                }
            }
            return elements;
        }

        String text(String name) {
            return texts.get(name);
        }

        long number(String name) {
            String text = texts.get(name);
            return text == null ? 0 : Long.parseLong(text);
        }

        Instant instant(String name) {
            String text = texts.get(name);
            return text == null ? null : Instant.parse(text);
        }

        <T> List<T> list(String name, Element<T> element) {
            return lists.getOrDefault(name, List.of()).stream()
                    .map(element::read)
                    .toList();
        }

        <T> T object(String name, Element<T> element) {
            List<Members> object = lists.get(name);
            return object == null ? null : element.read(object.getFirst());
        }
    }

    private StoredJsonReader() {}

    static TurnRecord turn(JsonParser json) throws IOException {
        Members turn = root(json);
        return new TurnRecord(
                turn.text("runId"),
                turn.instant("at"),
                turn.text("modelId"),
                turn.list("messages", StoredJsonReader::message),
                turn.list("calls", StoredJsonReader::call),
                turn.object("receipt", StoredJsonReader::receipt));
    }

    static PendingTurn pending(JsonParser json) throws IOException {
        Members pending = root(json);
        return new PendingTurn(
                pending.text("runId"),
                pending.text("modelId"),
                pending.list("messages", StoredJsonReader::message),
                pending.list("results", result -> (Content.ToolResult) content(result)),
                pending.list("approvals", StoredJsonReader::approval),
                pending.list("calls", StoredJsonReader::call),
                pending.object("receipt", StoredJsonReader::receipt));
    }

    private static Members root(JsonParser json) throws IOException {
        Members root = Members.from(json);
        if (root.number("format") != StoredJson.FORMAT) {
            throw new IllegalArgumentException("the format is unknown");
        }
        return root;
    }

    private static Message message(Members message) {
        return new Message(Role.valueOf(message.text("role")), message.list("content", StoredJsonReader::content));
    }

    private static Content content(Members content) {
        return switch (content.text("kind")) {
            case "text" -> new Content.Text(content.text("text"));
            case "toolUse" -> new Content.ToolUse(content.text("id"), content.text("name"), content.text("input"));
            case "toolResult" ->
                new Content.ToolResult(
                        content.text("id"), content.text("text"), Boolean.parseBoolean(content.text("error")));
            case "reasoning" ->
                new Content.Reasoning(content.text("text"), content.text("signature"), content.text("redacted"));
            // Left out, it would make another history than the model had.
            default -> throw new IllegalArgumentException("the kind of a content block is unknown");
        };
    }

    private static CallRecord call(Members call) {
        String outcome = call.text("outcome");
        return new CallRecord(
                call.text("id"),
                call.text("name"),
                call.text("arguments"),
                outcome == null ? null : ToolOutcome.valueOf(outcome),
                call.number("durationMs"));
    }

    private static Approval approval(Members approval) {
        String state = approval.text("state");
        return new Approval(
                approval.text("callId"),
                approval.text("tool"),
                approval.text("arguments"),
                approval.text("fingerprint"),
                state == null ? null : Approval.State.valueOf(state),
                approval.instant("expiresAt"));
    }

    private static Receipt receipt(Members receipt) {
        Usage usage = new Usage(
                receipt.number("input"),
                receipt.number("output"),
                receipt.number("cacheRead"),
                receipt.number("cacheWrite"));
        String dollars = receipt.text("dollars");
        return new Receipt(
                (int) receipt.number("modelCalls"),
                usage,
                dollars == null ? null : new BigDecimal(dollars),
                (int) receipt.number("toolCalls"),
                receipt.number("millis"));
    }
}
