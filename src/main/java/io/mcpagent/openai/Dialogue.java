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
 * as something that the user says: the agent's system prompt is its operator's, and no client can add to it. Chat front ends send more than
 * questions, and send a whole chat again that other models have answered too: instructions without a question are the question, the results of
 * another model's tools are kept as text, and pictures of earlier messages are named instead of shown.
 *
 * @param history  the turns before the question
 * @param question what is asked
 */
record Dialogue(List<TurnRecord> history, String question) {

    /** Stands where the client's messages begin with the assistant's: a conversation with the model begins with the user. */
    private static final String BEGINNING = "(The conversation begins.)";

    /** Stands where they end with the assistant's: the client wants more of it. */
    private static final String MORE = "(Go on from where your last message ends.)";

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
        int last = lastOfTheUser(messages);
        for (int i = 0; i < messages.size(); i++) {
            read("messages[" + i + "]", messages.get(i), i == last, said, instructions);
        }
        if (said.isEmpty() && instructions.length() > 0) {
            return new Dialogue(List.of(), instructions.toString());
        }
        if (said.isEmpty()) {
            throw InvalidParameter.value("messages", "One of the messages must have a text that is not blank.");
        }
        if (said.getLast().role() == Role.ASSISTANT) {
            said.add(new Said(Role.USER, MORE));
        }
        String question = said.removeLast().text();
        return new Dialogue(
                turns(said),
                instructions.length() == 0
                        ? question
                        : "<client_instructions>\n" + instructions + "\n</client_instructions>\n\n" + question);
    }

    private static int lastOfTheUser(JsonNode messages) {
        int last = messages.size() - 1;
        while (last >= 0 && !messages.get(last).path("role").asText().equals("user")) {
            last--;
        }
        return last;
    }

    /** @param asked whether it is the question: what can't be taken of an earlier message is left out, of this one it is refused */
    private static void read(
            String param, JsonNode message, boolean asked, List<Said> said, StringJoiner instructions) {
        JsonNode content = message.path("content");
        String text = MessageText.of(param + ".content", content, asked);
        switch (message.path("role").asText()) {
            case "system", "developer" -> {
                if (!text.isBlank()) {
                    instructions.add(text);
                }
            }
            case "user" -> add(said, Role.USER, text);
            case "assistant" -> add(said, Role.ASSISTANT, text);
            case "tool", "function" ->
                add(said, Role.USER, text.isBlank() ? "" : "<client_tool_result>\n" + text + "\n</client_tool_result>");
            default ->
                throw InvalidParameter.value(
                        param + ".role", "The role must be system, developer, user, assistant or tool.");
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
