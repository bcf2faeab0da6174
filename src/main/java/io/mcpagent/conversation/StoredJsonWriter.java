package io.mcpagent.conversation;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Usage;
import java.io.IOException;
import java.util.List;

/** Writes the stored form; {@link StoredJsonReader} is its counterpart. Members that are null are left out. */
final class StoredJsonWriter {

    private interface Element<T> {
        void write(JsonGenerator json, T element) throws IOException;
    }

    private StoredJsonWriter() {}

    static void turn(JsonGenerator json, TurnRecord turn) throws IOException {
        json.writeStartObject();
        json.writeNumberField("format", StoredJson.FORMAT);
        json.writeStringField("runId", turn.runId());
        text(json, "at", turn.at());
        text(json, "modelId", turn.modelId());
        array(json, "messages", turn.messages(), StoredJsonWriter::message);
        array(json, "calls", turn.calls(), StoredJsonWriter::call);
        receipt(json, turn.receipt());
        json.writeEndObject();
    }

    static void pending(JsonGenerator json, PendingTurn pending) throws IOException {
        json.writeStartObject();
        json.writeNumberField("format", StoredJson.FORMAT);
        json.writeStringField("runId", pending.runId());
        text(json, "modelId", pending.modelId());
        array(json, "messages", pending.messages(), StoredJsonWriter::message);
        array(json, "results", pending.results(), StoredJsonWriter::content);
        array(json, "approvals", pending.approvals(), StoredJsonWriter::approval);
        array(json, "calls", pending.calls(), StoredJsonWriter::call);
        receipt(json, pending.receipt());
        json.writeEndObject();
    }

    private static <T> void array(JsonGenerator json, String name, List<T> elements, Element<? super T> element)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (T one : elements) {
            element.write(json, one);
        }
        json.writeEndArray();
    }

    private static void message(JsonGenerator json, Message message) throws IOException {
        json.writeStartObject();
        json.writeStringField("role", message.role().name());
        array(json, "content", message.content(), StoredJsonWriter::content);
        json.writeEndObject();
    }

    private static void content(JsonGenerator json, Content content) throws IOException {
        json.writeStartObject();
        switch (content) {
            case Content.Text(String text) -> {
                json.writeStringField("kind", "text");
                json.writeStringField("text", text);
            }
            case Content.ToolUse(String id, String name, String input) -> {
                json.writeStringField("kind", "toolUse");
                json.writeStringField("id", id);
                json.writeStringField("name", name);
                json.writeStringField("input", input);
            }
            case Content.ToolResult(String toolUseId, String text, boolean error) -> {
                json.writeStringField("kind", "toolResult");
                json.writeStringField("id", toolUseId);
                json.writeStringField("text", text);
                json.writeBooleanField("error", error);
            }
            case Content.Reasoning(String text, String signature, String redacted) -> {
                json.writeStringField("kind", "reasoning");
                text(json, "text", text);
                text(json, "signature", signature);
                text(json, "redacted", redacted);
            }
        }
        json.writeEndObject();
    }

    private static void call(JsonGenerator json, CallRecord call) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", call.id());
        json.writeStringField("name", call.name());
        text(json, "arguments", call.arguments());
        text(json, "outcome", call.outcome());
        json.writeNumberField("durationMs", call.durationMs());
        json.writeEndObject();
    }

    private static void approval(JsonGenerator json, Approval approval) throws IOException {
        json.writeStartObject();
        json.writeStringField("callId", approval.callId());
        json.writeStringField("tool", approval.tool());
        json.writeStringField("arguments", approval.arguments());
        text(json, "fingerprint", approval.fingerprint());
        text(json, "state", approval.state());
        text(json, "expiresAt", approval.expiresAt());
        json.writeEndObject();
    }

    private static void receipt(JsonGenerator json, Receipt receipt) throws IOException {
        if (receipt == null) {
            return;
        }
        Usage usage = receipt.usage();
        json.writeObjectFieldStart("receipt");
        json.writeNumberField("modelCalls", receipt.modelCalls());
        json.writeNumberField("input", usage.input());
        json.writeNumberField("output", usage.output());
        json.writeNumberField("cacheRead", usage.cacheRead());
        json.writeNumberField("cacheWrite", usage.cacheWrite());
        // As text, since a number would lose its zeros at the end.
        text(
                json,
                "dollars",
                receipt.dollars() == null ? null : receipt.dollars().toPlainString());
        json.writeNumberField("toolCalls", receipt.toolCalls());
        json.writeNumberField("millis", receipt.millis());
        json.writeEndObject();
    }

    private static void text(JsonGenerator json, String name, Object value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value.toString());
        }
    }
}
