package io.mcpagent.agui;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.door.ChatReply;
import io.mcpagent.door.EventFormat;
import io.mcpagent.door.JsonEvents;
import io.mcpagent.model.Arguments;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.turn.TurnEvent;
import io.mcpagent.turn.TurnResult;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * Tells a turn as AG-UI 1.0 does, one JSON object an event. Stateful only in the ids of its run; for one turn and one thread.
 *
 * @see <a href="https://docs.ag-ui.com/concepts/events">AG-UI events</a>
 */
final class AgUi implements EventFormat {

    static final String PROTOCOL_VERSION = "1.0";

    /** What answers an interrupt, as the protocol's own examples have it. */
    private static final String RESPONSE_SCHEMA =
            "{\"type\":\"object\",\"properties\":{\"approved\":{\"type\":\"boolean\"},\"reason\":{\"type\":\"string\"},"
                    + "\"editedArgs\":{\"type\":\"object\"},\"digest\":{\"type\":\"string\"}},\"required\":[\"approved\"]}";

    private final ObjectMapper json;
    private final String threadId;
    private final String runId;

    /**
     * @param threadId the conversation
     * @param runId    the run, as its client calls it
     */
    AgUi(ObjectMapper json, String threadId, String runId) {
        this.json = json;
        this.threadId = threadId;
        this.runId = runId;
    }

    @Override
    public void write(TurnEvent event, JsonEvents to) {
        to.object(members -> fields(event, members));
    }

    @Override
    public void replay(ChatReply reply, JsonEvents to) {
        if (!reply.answer().isEmpty()) {
            String messageId = runId + "-1";
            write(new TurnEvent.TextStarted(messageId), to);
            write(new TurnEvent.TextDelta(messageId, reply.answer()), to);
            write(new TurnEvent.TextEnded(messageId), to);
        }
        to.object(members -> finished(members, reply));
    }

    private void fields(TurnEvent event, JsonGenerator to) throws IOException {
        switch (event) {
            case TurnEvent.Started _ -> started(to);
            case TurnEvent.TextStarted(String messageId) -> {
                type(to, "TEXT_MESSAGE_START", "messageId", messageId);
                to.writeStringField("role", "assistant");
            }
            case TurnEvent.TextDelta(String messageId, String delta) -> {
                type(to, "TEXT_MESSAGE_CONTENT", "messageId", messageId);
                to.writeStringField("delta", delta);
            }
            case TurnEvent.TextEnded(String messageId) -> type(to, "TEXT_MESSAGE_END", "messageId", messageId);
            case TurnEvent.ToolCallStarted(String callId, String name, String messageId) -> {
                type(to, "TOOL_CALL_START", "toolCallId", callId);
                to.writeStringField("toolCallName", name);
                to.writeStringField("parentMessageId", messageId);
            }
            case TurnEvent.ToolCallInput(String callId, Arguments arguments) -> {
                type(to, "TOOL_CALL_ARGS", "toolCallId", callId);
                to.writeStringField("delta", arguments.json());
            }
            case TurnEvent.ToolCallEnded(String callId) -> type(to, "TOOL_CALL_END", "toolCallId", callId);
            case TurnEvent.ToolCallResult(String messageId, String callId, ToolAnswer result) ->
                toolCallResult(to, messageId, callId, result);
            case TurnEvent.Finished(TurnResult result) -> finished(to, ChatReply.of(result));
            case TurnEvent.Failed failed -> {
                type(to, "RUN_ERROR", "message", failed.detail());
                to.writeStringField("code", failed.problem().slug());
            }
        }
    }

    private static void type(JsonGenerator to, String type, String idField, String id) throws IOException {
        to.writeStringField("type", type);
        to.writeStringField(idField, id);
    }

    private void started(JsonGenerator to) throws IOException {
        type(to, "RUN_STARTED", "threadId", threadId);
        to.writeStringField("runId", runId);
        to.writeStringField("protocolVersion", PROTOCOL_VERSION);
    }

    private static void toolCallResult(JsonGenerator to, String messageId, String callId, ToolAnswer result)
            throws IOException {
        type(to, "TOOL_CALL_RESULT", "messageId", messageId);
        to.writeStringField("toolCallId", callId);
        to.writeStringField("content", result.text());
        to.writeStringField("role", "tool");
        to.writeObjectFieldStart("metadata");
        to.writeStringField("outcome", result.outcome().name().toLowerCase(Locale.ROOT));
        to.writeNumberField("durationMs", result.millis());
        to.writeEndObject();
    }

    private void finished(JsonGenerator to, ChatReply reply) throws IOException {
        type(to, "RUN_FINISHED", "threadId", threadId);
        to.writeStringField("runId", runId);
        to.writeObjectFieldStart("outcome");
        if (reply.approvals().isEmpty()) {
            to.writeStringField("type", "success");
        } else {
            to.writeStringField("type", "interrupt");
            interrupts(to, reply.approvals());
        }
        to.writeEndObject();
        to.writeFieldName("result");
        json.writeValue(to, reply);
        usage(to, reply);
    }

    private static void interrupts(JsonGenerator to, List<ChatReply.Waiting> approvals) throws IOException {
        to.writeArrayFieldStart("interrupts");
        for (ChatReply.Waiting approval : approvals) {
            to.writeStartObject();
            to.writeStringField("id", approval.callId());
            to.writeStringField("reason", "tool_approval");
            to.writeStringField(
                    "message",
                    "The tool " + approval.tool() + " needs "
                            + (approval.approvers() == null || approval.approvedBy() != null
                                    ? "your approval."
                                    : "the approval of " + String.join(" or ", approval.approvers()) + " first."));
            to.writeStringField("toolCallId", approval.callId());
            to.writeFieldName("responseSchema");
            to.writeRawValue(RESPONSE_SCHEMA);
            to.writeStringField("expiresAt", approval.expiresAt().toString());
            to.writeObjectFieldStart("metadata");
            to.writeStringField("tool", approval.tool());
            to.writeFieldName("arguments");
            to.writeRawValue(approval.arguments().json());
            if (approval.digest() != null) {
                to.writeStringField("digest", approval.digest());
            }
            to.writeEndObject();
            to.writeEndObject();
        }
        to.writeEndArray();
    }

    private static void usage(JsonGenerator to, ChatReply reply) throws IOException {
        ChatReply.Tokens usage = reply.usage();
        long input = usage.inputTokens() + usage.cacheReadTokens() + usage.cacheWriteTokens();
        to.writeArrayFieldStart("usage");
        to.writeStartObject();
        to.writeStringField("provider", "aws.bedrock");
        to.writeStringField("model", reply.model());
        to.writeNumberField("inputTokens", input);
        to.writeNumberField("outputTokens", usage.outputTokens());
        to.writeNumberField("totalTokens", input + usage.outputTokens());
        to.writeNumberField("cachedInputTokens", usage.cacheReadTokens());
        to.writeNumberField("cacheWriteInputTokens", usage.cacheWriteTokens());
        to.writeEndObject();
        to.writeEndArray();
    }
}
