package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.door.Answering;
import io.mcpagent.door.ChatReply;
import io.mcpagent.door.Questions;
import io.mcpagent.jsonrpc.JsonRpc;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Question;
import io.mcpagent.turn.Run;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** The one tool: asks the agent, as {@code POST /chat} does. Safe for use by many threads. */
@Singleton
final class AskTool {

    private static final String NAME = "ask";
    private static final Set<String> ARGUMENTS = Set.of("message", "conversationId");
    private static final String DEFINITION = """
        {"name": "ask", "title": "Ask the agent",
         "description": "Asks an agent that answers questions over its databases, and returns its answer. The agent chooses and runs the queries itself.",
         "inputSchema": {"type": "object", "required": ["message"], "additionalProperties": false, "properties": {
           "message": {"type": "string", "minLength": 1, "description": "The question, in any language"},
           "conversationId": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$",
             "description": "The conversation to continue, from an earlier answer; without it a new one begins"}}},
         "outputSchema": {"type": "object", "required": ["conversationId", "outcome", "answer", "approvals"], "properties": {
           "conversationId": {"type": "string", "description": "To continue the conversation"},
           "outcome": {"type": "string", "description": "completed, approval_required, step_limit, max_tokens, guardrail, declined or malformed"},
           "answer": {"type": "string", "description": "What the agent wrote, in Markdown"},
           "approvals": {"type": "array", "description": "Calls that wait for a person's approval", "items": {"type": "object"}}}},
         "annotations": {"openWorldHint": false}}\
        """;

    private final Answering answering;
    private final Questions questions;
    private final CalledRuns runs;
    private final ObjectMapper json;

    AskTool(Answering answering, Questions questions, CalledRuns runs, ObjectMapper json) {
        this.answering = answering;
        this.questions = questions;
        this.runs = runs;
        this.json = json;
    }

    JsonNode definition() {
        try {
            return json.readTree(DEFINITION);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What failed is told as the tool's result: the model of the client can read that, and do better. */
    ObjectNode call(JsonNode params, Methods.Asked origin) {
        try (CalledRuns.Called called = runs.called(origin.request())) {
            return answered(answering.answer(question(params, origin, false), origin.http(), began(called)));
        } catch (ProblemException e) {
            return failed(e);
        }
    }

    /**
     * The same as a stream of progress that ends with the response.
     *
     * @param token    what the client calls the progress
     * @param response makes the whole response of the tool's result
     */
    StreamingOutput stream(JsonNode params, Methods.Asked origin, JsonNode token, UnaryOperator<ObjectNode> response) {
        return out -> {
            try (CalledRuns.Called called = runs.called(origin.request())) {
                AskProgress progress = new AskProgress(
                        token, reply -> response.apply(answered(reply)), problem -> response.apply(failed(problem)));
                answering.stream(question(params, origin, true), (_, _) -> progress, origin.http(), began(called))
                        .write(out);
            } catch (ProblemException e) {
                // Nothing was written yet.
                out.write(("data: " + response.apply(failed(e)) + "\n\n").getBytes(StandardCharsets.UTF_8));
            }
        };
    }

    private static Consumer<Run> began(CalledRuns.Called called) {
        return run -> called.began(() -> run.cancel(Run.Reason.CLIENT_GONE));
    }

    private Question question(JsonNode params, Methods.Asked origin, boolean streaming) {
        JsonNode arguments = params.path("arguments");
        for (String argument : ARGUMENTS) {
            JsonNode value = arguments.path(argument);
            if (!value.isMissingNode() && !value.isNull() && !value.isTextual()) {
                throw new ProblemException(Problem.INVALID_REQUEST, "The argument " + argument + " must be a string.");
            }
        }
        if (arguments.properties().stream().anyMatch(argument -> !ARGUMENTS.contains(argument.getKey()))) {
            throw new ProblemException(Problem.INVALID_REQUEST, "The arguments are message and conversationId.");
        }
        return questions.message(
                origin.caller(),
                arguments.path("conversationId").asText(null),
                arguments.path("message").asText(null),
                streaming,
                null,
                origin.trace());
    }

    /** @throws RpcError if the call is not of this tool */
    static void require(JsonNode params) {
        if (!params.path("name").asText().equals(NAME)) {
            throw new RpcError(JsonRpc.INVALID_PARAMS, "There is one tool here: " + NAME + ".");
        }
    }

    private ObjectNode answered(ChatReply reply) {
        StringJoiner text = new StringJoiner("\n\n");
        if (!reply.answer().isEmpty()) {
            text.add(reply.answer());
        }
        reply.notices().forEach(text::add);
        // No tool for that: who asks here is an agent, and an approval is a person's.
        reply.approvals()
                .forEach(call -> text.add(
                        "The tool `" + call.tool() + "` waits for a person's approval until " + call.expiresAt()
                                + ", on the chat page or by POST /chat/" + reply.conversationId() + "/approvals/"
                                + call.callId() + ". It would run with `"
                                + call.arguments().json().replace("`", "'") + "`."));
        ObjectNode result = result(text.toString(), false);
        // Some clients show their model only the text, and the model could not continue without this.
        result.withArray("/content")
                .addObject()
                .put("type", "text")
                .put("text", "conversationId: " + reply.conversationId());
        try {
            result.set("structuredContent", json.readTree(json.writeValueAsBytes(reply)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result;
    }

    private static ObjectNode failed(ProblemException e) {
        return result(
                e.problem().title() + ". " + e.detail()
                        + (e.retryAfter() == null
                                ? ""
                                : " Try again after "
                                        + Math.max(1, e.retryAfter().toSeconds()) + " s."),
                true);
    }

    private static ObjectNode result(String text, boolean error) {
        ObjectNode result = JsonRpc.JSON.objectNode();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        return result.put("isError", error);
    }
}
