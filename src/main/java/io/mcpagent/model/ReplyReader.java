package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.mcpagent.base.Ids;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the body of a Converse response. For one body and one thread. */
final class ReplyReader {

    private final byte[] body;
    private final List<Content> content = new ArrayList<>();
    private @Nullable StopReason stopReason;
    private @Nullable Usage usage;

    private ReplyReader(byte[] body) {
        this.body = body;
    }

    /** @throws IOException if the body is not a whole response */
    static ModelReply read(String modelId, byte[] body) throws IOException {
        ReplyReader reader = new ReplyReader(body);
        try (JsonParser parser = JsonFields.FACTORY.createParser(body)) {
            parser.nextToken();
            JsonFields.fields(parser, reader::readResponse);
        }
        if (reader.stopReason == null || reader.usage == null) {
            throw new IOException("the response has no stop reason or no usage");
        }
        return new ModelReply(modelId, reader.content, reader.stopReason, reader.usage);
    }

    private void readResponse(String name, JsonParser value) throws IOException {
        switch (name) {
            case "output" ->
                JsonFields.fields(value, (field, output) -> {
                    if (field.equals("message")) {
                        JsonFields.fields(output, this::readMessage);
                    } else {
                        output.skipChildren();
                    }
                });
            case "stopReason" -> stopReason = StopReason.of(JsonFields.text(value));
            case "usage" -> usage = usage(value).orMore(usage);
            default -> value.skipChildren();
        }
    }

    private void readMessage(String name, JsonParser value) throws IOException {
        if (!name.equals("content") || value.currentToken() != JsonToken.START_ARRAY) {
            value.skipChildren();
            return;
        }
        while (value.nextToken() != JsonToken.END_ARRAY) {
            JsonFields.fields(value, this::readBlock);
        }
    }

    private void readBlock(String name, JsonParser value) throws IOException {
        switch (name) {
            case "text" -> {
                String text = JsonFields.text(value);
                if (!text.isBlank()) {
                    content.add(new Content.Text(text));
                }
            }
            case "toolUse" -> readToolUse(value);
            case "reasoningContent" -> JsonFields.fields(value, this::readReasoning);
            default -> value.skipChildren();
        }
    }

    private void readToolUse(JsonParser parser) throws IOException {
        String[] toolUse = {"", "{}"};
        JsonFields.fields(parser, (name, value) -> {
            switch (name) {
                case "name" -> toolUse[0] = ToolDefinition.acceptableName(JsonFields.text(value));
                case "input" -> toolUse[1] = source(value);
                default -> value.skipChildren();
            }
        });
        content.add(new Content.ToolUse(Ids.random(), toolUse[0], toolUse[1]));
    }

    /** The value as it is written in the body, so that no number loses a digit. */
    private String source(JsonParser value) throws IOException {
        int start = (int) value.currentTokenLocation().getByteOffset();
        value.skipChildren();
        int end = (int) value.currentLocation().getByteOffset();
        return new String(body, start, end - start, StandardCharsets.UTF_8);
    }

    private void readReasoning(String name, JsonParser value) throws IOException {
        switch (name) {
            case "reasoningText" -> {
                @Nullable String[] reasoning = {"", null};
                JsonFields.fields(value, (field, text) -> {
                    switch (field) {
                        case "text" -> reasoning[0] = JsonFields.text(text);
                        case "signature" -> reasoning[1] = JsonFields.text(text);
                        default -> text.skipChildren();
                    }
                });
                content.add(new Content.Reasoning(reasoning[0], reasoning[1], null));
            }
            case "redactedContent" -> content.add(new Content.Reasoning(null, null, JsonFields.text(value)));
            default -> value.skipChildren();
        }
    }

    /** The usage object that the parser stands on. What it must say and does not is -1. */
    static Usage usage(JsonParser parser) throws IOException {
        long[] tokens = {-1, -1, 0, 0, 0};
        JsonFields.fields(parser, (name, value) -> {
            switch (name) {
                case "inputTokens" -> tokens[0] = tokens(value, -1);
                case "outputTokens" -> tokens[1] = tokens(value, -1);
                case "cacheReadInputTokens" -> tokens[2] = tokens(value, 0);
                case "cacheWriteInputTokens" -> tokens[3] = tokens(value, 0);
                case "cacheDetails" -> tokens[4] = hourTokens(value);
                default -> value.skipChildren();
            }
        });
        return new Usage(tokens[0], tokens[1], tokens[2], tokens[3], tokens[4]);
    }

    /** The sum of the cache writes that are kept for an hour, of a list of {@code {"ttl": "1h", "inputTokens": 7}}. */
    private static long hourTokens(JsonParser list) throws IOException {
        if (list.currentToken() != JsonToken.START_ARRAY) {
            list.skipChildren();
            return 0;
        }
        long[] sum = {0};
        while (list.nextToken() != JsonToken.END_ARRAY) {
            boolean[] hour = {false};
            long[] written = {0};
            JsonFields.fields(list, (name, value) -> {
                switch (name) {
                    case "ttl" -> hour[0] = JsonFields.text(value).equals("1h");
                    case "inputTokens" -> written[0] = tokens(value, 0);
                    default -> value.skipChildren();
                }
            });
            sum[0] += hour[0] ? written[0] : 0;
        }
        return sum[0];
    }

    /** A number of tokens; one that can't be is -1, for whoever counts them to notice. */
    private static long tokens(JsonParser value, long absent) throws IOException {
        if (value.currentToken() == JsonToken.VALUE_NUMBER_INT
                && value.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            return value.getLongValue();
        }
        boolean none = value.currentToken() == JsonToken.VALUE_NULL;
        value.skipChildren();
        return none ? absent : -1;
    }
}
