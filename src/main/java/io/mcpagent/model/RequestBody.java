package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import io.mcpagent.config.AgentConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes the bodies of Converse and ConverseStream for one model: of the settings, those that it takes. At most four cache points are set: behind
 * the system prompt, the tools, the last message, and the user's message before it. The service looks back over about 20 blocks only for what it has
 * cached: after a round of many calls it finds what the request before has written by the point that stood there.
 * Safe for use by many threads.
 *
 * @see <a href="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html">Converse</a>
 */
final class RequestBody {

    private static final int USUAL_SIZE = 8 << 10;
    private static final int POINTS = 4;

    private final AgentConfig.ModelSettings config;
    private final ModelRow row;
    private final @Nullable SerializableString cachePoint;
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

    RequestBody(AgentConfig config, ModelRow row) {
        this.config = config.model();
        this.row = row;
        this.cachePoint = this.config.promptCache() && row.cachePoints() > 0 ? cachePoint() : null;
        this.toolsJson = new ToolsJson(cachePoint);
    }

    /** Five minutes are every model's default, and need not be said. */
    private SerializableString cachePoint() {
        boolean hour =
                config.cacheTtl().equals(ModelTable.HOUR) && row.cacheTtls().contains("1h");
        return new SerializedString("{\"cachePoint\":{\"type\":\"default\"" + (hour ? ",\"ttl\":\"1h\"" : "") + "}}");
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
            writeThinking(json, request.messages());
            if (config.serviceTier().isPresent()) {
                json.writeObjectFieldStart("serviceTier");
                json.writeStringField("type", config.serviceTier().get().name().toLowerCase(Locale.ROOT));
                json.writeEndObject();
            }
            if (config.requestMetadata() && !request.labels().isEmpty()) {
                json.writeObjectFieldStart("requestMetadata");
                for (Map.Entry<String, String> label : request.labels().entrySet()) {
                    json.writeStringField(label.getKey(), label.getValue());
                }
                json.writeEndObject();
            }
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
            boolean before = i == messages.size() - 3 && row.cachePoints() >= POINTS;
            if (message.role() == Role.USER && (i == messages.size() - 1 || before)) {
                writeCachePoint(json);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeCachePoint(JsonGenerator json) throws IOException {
        if (cachePoint != null) {
            json.writeRawValue(cachePoint);
        }
    }

    private static void writeBlock(JsonGenerator json, Content block) throws IOException {
        switch (block) {
            case Content.Text(String text) -> writeText(json, text);
            case Content.Note(String text, int _) -> writeText(json, text);
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
        json.writeNumberField("maxTokens", maxTokens());
        if (config.temperature().isPresent() && row.sampling()) {
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

    private int maxTokens() {
        return Math.min(config.maxTokens(), row.largestOutput());
    }

    private void writeThinking(JsonGenerator json, List<Message> messages) throws IOException {
        boolean budget = row.thinking() == ModelRow.Thinking.BUDGET
                && config.reasoningTokens().isPresent()
                && config.reasoningTokens().getAsInt() < maxTokens()
                && mayThink(messages);
        Optional<String> effort =
                config.effort().map(set -> set.name().toLowerCase(Locale.ROOT)).filter(row.efforts()::contains);
        if (!budget && effort.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart("additionalModelRequestFields");
        json.writeObjectFieldStart("thinking");
        json.writeStringField("type", budget ? "enabled" : "adaptive");
        if (budget) {
            json.writeNumberField("budget_tokens", config.reasoningTokens().getAsInt());
        }
        json.writeEndObject();
        if (effort.isPresent()) {
            json.writeObjectFieldStart("output_config");
            json.writeStringField("effort", effort.get());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** A model with a budget wants to see what it thought before it called the tools whose results it gets; without, it may not think now. */
    private static boolean mayThink(List<Message> messages) {
        Message before = messages.size() < 2 ? null : messages.get(messages.size() - 2);
        return before == null
                || before.toolUses().isEmpty()
                || before.content().getFirst() instanceof Content.Reasoning;
    }
}
