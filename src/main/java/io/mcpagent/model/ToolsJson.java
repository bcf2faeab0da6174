package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The {@code toolConfig} of a request, made once for each list of tools. Safe for use by many threads. */
final class ToolsJson {

    /** More than the catalogs that are in use at once: the current one, and the one before while old turns end. */
    private static final int MOST_KEPT = 4;

    private final @Nullable SerializableString cachePoint;
    private volatile List<Made> made = List.of();

    private record Made(List<ToolDefinition> tools, SerializableString json) {}

    ToolsJson(@Nullable SerializableString cachePoint) {
        this.cachePoint = cachePoint;
    }

    /**
     * The JSON of these tools; null if there is none and none is needed. If no tool is on offer but the messages hold calls, Bedrock still wants
     * their tools to be declared.
     */
    @SuppressWarnings("ReferenceEquality") // ModelRequest says why: the same list object stands for the same tools.
    @Nullable
    SerializableString of(List<ToolDefinition> tools, List<Message> messages) {
        if (tools.isEmpty()) {
            List<ToolDefinition> called = called(messages);
            return called.isEmpty() ? null : write(called);
        }
        for (Made one : made) {
            if (one.tools == tools) {
                return one.json;
            }
        }
        SerializableString json = write(tools);
        keep(new Made(tools, json));
        return json;
    }

    /** Two threads may both make one and one of them be lost, which costs no more than making it again. */
    private void keep(Made latest) {
        List<Made> kept = new ArrayList<>(MOST_KEPT);
        kept.add(latest);
        List<Made> before = made;
        kept.addAll(before.subList(0, Math.min(before.size(), MOST_KEPT - 1)));
        made = List.copyOf(kept);
    }

    private static List<ToolDefinition> called(List<Message> messages) {
        Set<String> names = new LinkedHashSet<>();
        for (Message message : messages) {
            for (Content block : message.content()) {
                if (block instanceof Content.ToolUse toolUse) {
                    names.add(ToolDefinition.acceptableName(toolUse.name()));
                }
            }
        }
        return names.stream()
                .map(name -> new ToolDefinition(name, "Not available now.", "{\"type\":\"object\"}"))
                .toList();
    }

    private SerializableString write(List<ToolDefinition> tools) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JsonFields.FACTORY.createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("tools");
            for (ToolDefinition tool : tools) {
                write(json, tool);
            }
            if (cachePoint != null) {
                json.writeRawValue(cachePoint);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("the tools could not be written", e);
        }
        return new SerializedString(text.toString());
    }

    private static void write(JsonGenerator json, ToolDefinition tool) throws IOException {
        if (!JsonFields.isObject(tool.inputSchema())) {
            throw new IllegalArgumentException("the input schema of tool " + tool.name() + " is no JSON object");
        }
        json.writeStartObject();
        json.writeObjectFieldStart("toolSpec");
        json.writeStringField("name", tool.name());
        if (!tool.description().isBlank()) {
            json.writeStringField("description", tool.description());
        }
        json.writeObjectFieldStart("inputSchema");
        json.writeFieldName("json");
        json.writeRawValue(tool.inputSchema());
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
    }
}
