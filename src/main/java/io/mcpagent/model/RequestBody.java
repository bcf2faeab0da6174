package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import io.mcpagent.config.AgentConfig;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Writes the bodies of Converse and ConverseStream. At most three cache points are set: behind the system prompt, the tools and the last message.
 * Safe for use by many threads.
 *
 * @see <a href="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html">Converse</a>
 */
@Singleton
class RequestBody {

    private static final int USUAL_SIZE = 8 << 10;

    private final AgentConfig.ModelSettings config;
    private final ToolsJson toolsJson;

    /** A body, in the array that it was written to: it is sent as often as it has to be, and never copied. */
    static final class Bytes extends ByteArrayOutputStream {

        private Bytes() {
            super(USUAL_SIZE);
        }

        /** Holds the body in its first {@link #size} bytes. */
        byte[] array() {
            return buf;
        }
    }

    RequestBody(AgentConfig config) {
        this.config = config.model();
        this.toolsJson = new ToolsJson(config.model().promptCache());
    }

    Bytes write(ModelRequest request) {
        Bytes bytes = new Bytes();
        try (JsonGenerator json = JsonFields.FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            writeSystem(json, request.system());
            writeMessages(json, request.messages());
            SerializableString tools = toolsJson.of(request.tools(), request.messages());
            if (tools != null) {
                json.writeFieldName("toolConfig");
                json.writeRawValue(tools);
            }
            writeInference(json);
            writeGuardrail(json);
            writeReasoning(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("the request could not be written", e);
        }
        return bytes;
    }

    private void writeSystem(JsonGenerator json, String system) throws IOException {
        if (system.isBlank()) {
            return;
        }
        json.writeArrayFieldStart("system");
        writeText(json, system);
        writeCachePoint(json);
        json.writeEndArray();
    }

    private void writeMessages(JsonGenerator json, List<Message> messages) throws IOException {
        json.writeArrayFieldStart("messages");
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            json.writeStartObject();
            json.writeStringField("role", message.role() == Role.USER ? "user" : "assistant");
            json.writeArrayFieldStart("content");
            for (Content block : message.content()) {
                writeBlock(json, block);
            }
            if (i == messages.size() - 1 && message.role() == Role.USER) {
                writeCachePoint(json);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeCachePoint(JsonGenerator json) throws IOException {
        if (config.promptCache()) {
            json.writeRawValue(ToolsJson.CACHE_POINT);
        }
    }

    private static void writeBlock(JsonGenerator json, Content block) throws IOException {
        switch (block) {
            case Content.Text(String text) -> writeText(json, text);
            case Content.Note(String text) -> writeText(json, text);
            case Content.ToolUse toolUse -> writeToolUse(json, toolUse);
            case Content.ToolResult result -> writeToolResult(json, result);
            case Content.Reasoning reasoning -> writeReasoning(json, reasoning);
        }
    }

    private static void writeText(JsonGenerator json, String text) throws IOException {
        json.writeStartObject();
        json.writeStringField("text", text);
        json.writeEndObject();
    }

    private static void writeToolUse(JsonGenerator json, Content.ToolUse toolUse) throws IOException {
        json.writeStartObject();
        json.writeObjectFieldStart("toolUse");
        json.writeStringField("toolUseId", toolUse.id());
        json.writeStringField("name", ToolDefinition.acceptableName(toolUse.name()));
        json.writeFieldName("input");
        json.writeRawValue(toolUse.input().json());
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeToolResult(JsonGenerator json, Content.ToolResult result) throws IOException {
        json.writeStartObject();
        json.writeObjectFieldStart("toolResult");
        json.writeStringField("toolUseId", result.toolUseId());
        json.writeArrayFieldStart("content");
        writeText(json, result.text());
        json.writeEndArray();
        json.writeStringField("status", result.error() ? "error" : "success");
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeReasoning(JsonGenerator json, Content.Reasoning reasoning) throws IOException {
        json.writeStartObject();
        json.writeObjectFieldStart("reasoningContent");
        if (reasoning.redacted() != null) {
            json.writeStringField("redactedContent", reasoning.redacted());
        } else {
            json.writeObjectFieldStart("reasoningText");
            json.writeStringField("text", reasoning.text());
            if (reasoning.signature() != null) {
                json.writeStringField("signature", reasoning.signature());
            }
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private void writeInference(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("inferenceConfig");
        json.writeNumberField("maxTokens", config.maxTokens());
        if (config.temperature().isPresent()) {
            json.writeNumberField("temperature", config.temperature().get());
        }
        json.writeEndObject();
    }

    private void writeGuardrail(JsonGenerator json) throws IOException {
        if (config.guardrailId().isEmpty()) {
            return;
        }
        json.writeObjectFieldStart("guardrailConfig");
        json.writeStringField("guardrailIdentifier", config.guardrailId().get());
        json.writeStringField("guardrailVersion", config.guardrailVersion());
        json.writeEndObject();
    }

    private void writeReasoning(JsonGenerator json) throws IOException {
        if (config.reasoningTokens().isEmpty()) {
            return;
        }
        json.writeObjectFieldStart("additionalModelRequestFields");
        json.writeObjectFieldStart("thinking");
        json.writeStringField("type", "enabled");
        json.writeNumberField("budget_tokens", config.reasoningTokens().getAsInt());
        json.writeEndObject();
        json.writeEndObject();
    }
}
