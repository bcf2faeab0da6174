package io.mcpagent.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * The messages of a request, as a turn takes them. What the client calls {@code system} or {@code developer} stands, marked, before the question,
 * as something that the user says: the agent's system prompt is its operator's, and no client can add to it.
 *
 * @param history  the turns before the question
 * @param question what is asked
 */
record Dialogue(List<TurnRecord> history, String question) {

    /** Stands where the client's messages begin with the assistant's: a conversation with the model begins with the user. */
    private static final String BEGINNING = "(The conversation begins.)";

    private record Said(Role role, String text) {}

    /** @throws InvalidParameter if the messages can't be taken */
    static Dialogue of(JsonNode messages) {
        if (CompletionRequest.isAbsent(messages)) {
            throw InvalidParameter.missing("messages");
        }
        if (!messages.isArray() || messages.isEmpty()) {
            throw InvalidParameter.value("messages", "messages must be an array of at least one message.");
        }
        StringJoiner instructions = new StringJoiner("\n\n");
        List<Said> said = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            read("messages[" + i + "]", messages.get(i), said, instructions);
        }
        if (said.isEmpty() || said.getLast().role() != Role.USER) {
            throw InvalidParameter.value(
                    "messages", "The last message must be the user's, with a text that is not blank.");
        }
        String question = said.removeLast().text();
        return new Dialogue(
                turns(said),
                instructions.length() == 0
                        ? question
                        : "<client_instructions>\n" + instructions + "\n</client_instructions>\n\n" + question);
    }

    private static void read(String param, JsonNode message, List<Said> said, StringJoiner instructions) {
        String role = message.path("role").asText();
        switch (role) {
            case "system", "developer" -> {
                String text = MessageText.of(param + ".content", message.path("content"), false);
                if (!text.isBlank()) {
                    instructions.add(text);
                }
            }
            case "user" -> add(said, Role.USER, MessageText.of(param + ".content", message.path("content"), false));
            case "assistant" -> {
                if (!message.path("tool_calls").isEmpty() || message.hasNonNull("function_call")) {
                    throw InvalidParameter.unsupported(
                            param + ".tool_calls",
                            "The agent calls its own tools itself and never asks a client for them.");
                }
                add(said, Role.ASSISTANT, MessageText.of(param + ".content", message.path("content"), true));
            }
            case "tool", "function" ->
                throw InvalidParameter.unsupported(
                        param + ".role", "The agent calls its own tools itself and takes no results of a client's.");
            default ->
                throw InvalidParameter.value(param + ".role", "The role must be system, developer, user or assistant.");
        }
    }

    private static void add(List<Said> said, Role role, String text) {
        if (text.isBlank()) {
            return;
        }
        if (!said.isEmpty() && said.getLast().role() == role) {
            said.add(new Said(role, said.removeLast().text() + "\n\n" + text));
        } else {
            said.add(new Said(role, text));
        }
    }

    private static List<TurnRecord> turns(List<Said> said) {
        if (!said.isEmpty() && said.getFirst().role() == Role.ASSISTANT) {
            said.addFirst(new Said(Role.USER, BEGINNING));
        }
        List<TurnRecord> turns = new ArrayList<>();
        for (int i = 0; i + 1 < said.size(); i += 2) {
            turns.add(new TurnRecord(
                    "brought-" + i,
                    Instant.EPOCH,
                    null,
                    List.of(message(said.get(i)), message(said.get(i + 1))),
                    List.of(),
                    null));
        }
        return turns;
    }

    private static Message message(Said said) {
        return new Message(said.role(), List.of(new Content.Text(said.text())));
    }
}
