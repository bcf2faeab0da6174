package io.mcpagent.agui;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.door.Decided;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Approvals.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What counts of AG-UI's {@code RunAgentInput}. Its state, tools, context and forwarded properties are not used: the agent has tools of its own, and
 * what a page says of itself is not made part of a conversation.
 *
 * @param threadId the conversation
 * @param runId    how the client calls the run
 * @param question what is asked; null if interrupts are answered
 * @param verdicts the answers to interrupts; empty if there is a question
 */
record RunInput(String threadId, String runId, @Nullable String question, List<Verdict> verdicts) {

    private static final int LONGEST_ID = 255;

    /** @throws ProblemException if it is not valid */
    static RunInput of(@Nullable JsonNode body) {
        if (body == null || !body.isObject()) {
            throw invalid("Send a RunAgentInput.");
        }
        String threadId = id(body, "threadId");
        String runId = id(body, "runId");
        List<Verdict> verdicts = verdicts(body.path("resume"));
        return new RunInput(threadId, runId, verdicts.isEmpty() ? question(body.path("messages")) : null, verdicts);
    }

    private static String id(JsonNode body, String name) {
        JsonNode id = body.path(name);
        if (!id.isTextual() || id.asText().isBlank() || id.asText().length() > LONGEST_ID) {
            throw invalid("Give the member " + name + ", of " + LONGEST_ID + " characters at most.");
        }
        return id.asText();
    }

    private static String question(JsonNode messages) {
        JsonNode last = messages.path(messages.size() - 1);
        if (!last.path("role").asText().equals("user")) {
            throw invalid("The last one of the messages must be the user's.");
        }
        String text = text(last.path("content"));
        if (text.isBlank()) {
            throw invalid("The last one of the messages must not be blank.");
        }
        return text;
    }

    private static String text(JsonNode content) {
        if (content.isTextual()) {
            return content.asText();
        }
        StringJoiner text = new StringJoiner("\n");
        for (JsonNode part : content) {
            if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
                throw invalid("Only text is accepted: no images, audio, video or documents.");
            }
            text.add(part.path("text").asText());
        }
        return text.toString();
    }

    private static List<Verdict> verdicts(JsonNode resume) {
        if (!resume.isMissingNode() && !resume.isNull() && !resume.isArray()) {
            throw invalid("The member resume must be an array.");
        }
        List<Verdict> verdicts = new ArrayList<>();
        Set<String> answered = new HashSet<>();
        for (JsonNode entry : resume) {
            JsonNode id = entry.path("interruptId");
            if (!id.isTextual() || !answered.add(id.asText())) {
                throw invalid("Each entry of resume must answer another interrupt, by its interruptId.");
            }
            JsonNode payload = entry.path("payload");
            verdicts.add(new Verdict(
                    id.asText(),
                    approved(entry),
                    text(payload, "reason"),
                    Decided.edited(payload.path("editedArgs")),
                    text(payload, "digest")));
        }
        return verdicts;
    }

    /** A member that may be left out; what is there and is no text was meant for something. */
    private static @Nullable String text(JsonNode payload, String name) {
        JsonNode value = payload.path(name);
        if (!value.isMissingNode() && !value.isNull() && !value.isTextual()) {
            throw invalid("The " + name + " of a payload of resume must be a text.");
        }
        return value.textValue();
    }

    /** An unclear decision is no approval: the request is refused, and the call still waits. */
    private static boolean approved(JsonNode entry) {
        JsonNode approved = entry.path("payload").path("approved");
        return switch (entry.path("status").asText()) {
            case "cancelled" -> false;
            case "resolved" -> {
                if (!approved.isBoolean()) {
                    throw invalid(
                            "A resolved entry of resume needs the payload {\"approved\": true} or {\"approved\": false}.");
                }
                yield approved.asBoolean();
            }
            default -> throw invalid("The status of an entry of resume must be resolved or cancelled.");
        };
    }

    private static ProblemException invalid(String detail) {
        return new ProblemException(Problem.INVALID_REQUEST, detail);
    }
}
