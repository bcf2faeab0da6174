package io.mcpagent.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A model whose replies are damaged in any way that its side of the wire allows; the service's own readers read them. */
public final class HostileModel implements Model {

    private static final String[] STOPS = {
        "end_turn",
        "tool_use",
        "tool_use",
        "tool_use",
        "max_tokens",
        "stop_sequence",
        "guardrail_intervened",
        "content_filtered",
        "model_context_window_exceeded",
        "refusal",
        "malformed_tool_use",
        "malformed_model_output",
        "pause_turn",
        "",
        "new"
    };
    private static final String[] TOOLS = {
        "read", "read", "read", "write", "allowed_write", "forbidden", "unknown", "", "a b", "größe"
    };
    private static final String[] TEXTS = {
        "\"Hello.\"",
        "\"\"",
        "\" \"",
        "\"\\u00a0\"",
        "\"\\ud800\"",
        "\"</script>\"",
        "\"\\n\\ndata: {}\"",
        "\"\u202e\"",
        "null",
        "7",
        "{}",
        "[1]",
        "true"
    };
    private static final String[] NUMBERS = {
        "0",
        "1",
        "2",
        "-1",
        "7",
        "2147483648",
        "9223372036854775807",
        "-9223372036854775808",
        "1e999",
        "1e99999999999",
        "1.5",
        "\"3\"",
        "null"
    };

    private final Random random;

    public HostileModel(Random random) {
        this.random = random;
    }

    /** An event as it comes: its type and its payload. */
    private record Event(String type, String payload) {}

    @Override
    public ModelReply converse(ModelRequest request) throws ModelException {
        if (random.nextInt(30) == 0) {
            throw failure(null, false);
        }
        StringBuilder content = new StringBuilder();
        for (int i = random.nextInt(5); i > 0; i--) {
            content.append(content.isEmpty() ? "" : ",").append(wholeBlock());
        }
        String body = "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[" + content
                + "]}},\"stopReason\":\"" + pick(STOPS) + "\",\"usage\":" + usage() + "}";
        try {
            return ReplyReader.read(modelId(), damaged(body));
        } catch (IOException e) {
            throw failure(e, false);
        }
    }

    @Override
    public ModelReply sumUp(ModelRequest request) throws ModelException {
        return converse(request);
    }

    @Override
    public ModelReply stream(ModelRequest request, ReplyListener listener) throws ModelException {
        if (random.nextInt(30) == 0) {
            throw failure(null, false);
        }
        try (ReplyAssembler reply = new ReplyAssembler(listener)) {
            try {
                for (Event event : events()) {
                    byte[] payload = damaged(event.payload());
                    reply.event(event.type(), payload, 0, payload.length);
                    if (random.nextInt(4) == 0) {
                        reply.pause();
                    }
                    if (reply.complete()) {
                        return reply.reply(modelId());
                    }
                }
            } catch (IOException e) {
                throw failure(e, reply.heard());
            }
            throw failure(null, reply.heard());
        }
    }

    private ModelException failure(Exception cause, boolean heard) {
        ModelException.Kind[] kinds = ModelException.Kind.values();
        return new ModelException(
                cause == null ? kinds[random.nextInt(kinds.length)] : ModelException.Kind.BROKEN_STREAM,
                "hostile",
                true,
                heard,
                cause);
    }

    private List<Event> events() {
        List<Event> events = new ArrayList<>();
        events.add(new Event("messageStart", "{\"role\":\"assistant\"}"));
        for (int block = 0, blocks = random.nextInt(5); block < blocks; block++) {
            String index = "\"contentBlockIndex\":" + (random.nextInt(12) == 0 ? pick(NUMBERS) : String.valueOf(block));
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    events.add(new Event(
                            "contentBlockStart",
                            "{\"start\":{\"toolUse\":{\"toolUseId\":\"" + pick("t1", "t2", "", "\u202e")
                                    + "\",\"name\":\"" + pick(TOOLS) + "\"}}," + index + "}"));
                    String arguments = arguments();
                    int cut = random.nextInt(arguments.length() + 1);
                    for (String piece : List.of(arguments.substring(0, cut), arguments.substring(cut))) {
                        events.add(new Event(
                                "contentBlockDelta",
                                "{\"delta\":{\"toolUse\":{\"input\":" + quoted(piece) + "}}," + index + "}"));
                    }
                }
                case 2 -> {
                    for (int i = random.nextInt(3); i >= 0; i--) {
                        events.add(new Event(
                                "contentBlockDelta", "{\"delta\":{\"text\":" + pick(TEXTS) + "}," + index + "}"));
                    }
                }
                default -> {
                    events.add(new Event(
                            "contentBlockDelta",
                            "{\"delta\":{\"reasoningContent\":{\"text\":" + pick(TEXTS) + "}}," + index + "}"));
                    events.add(new Event(
                            "contentBlockDelta",
                            "{\"delta\":{\"reasoningContent\":{\"" + pick("signature", "redactedContent") + "\":"
                                    + pick("\"c2ln\"", "\"c2ln\"", "\"no base64!\"", "\"\"", "null", "7") + "}},"
                                    + index + "}"));
                }
            }
            events.add(new Event("contentBlockStop", "{" + index + "}"));
        }
        events.add(new Event("messageStop", "{\"stopReason\":\"" + pick(STOPS) + "\"}"));
        events.add(new Event("metadata", "{\"usage\":" + usage() + ",\"metrics\":{\"latencyMs\":1}}"));
        for (int i = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0; i > 0 && !events.isEmpty(); i--) {
            int at = random.nextInt(events.size());
            switch (random.nextInt(5)) {
                case 0 -> events.remove(at);
                case 1 -> events.add(at, events.get(random.nextInt(events.size())));
                case 2 -> Collections.swap(events, at, random.nextInt(events.size()));
                case 3 ->
                    events.add(
                            at,
                            new Event(
                                    pick("ping", "", "contentBlockDelta"),
                                    pick("{}", "", "[]", "null", "{\"delta\":7}", "{\"a\":".repeat(2_000))));
                default -> events.subList(at, events.size()).clear();
            }
        }
        return events;
    }

    private String wholeBlock() {
        return switch (random.nextInt(4)) {
            case 0, 1 -> {
                String input = random.nextInt(3) == 0 ? quoted(arguments()) : arguments();
                yield "{\"toolUse\":{\"toolUseId\":\"" + pick("t1", "t2", "") + "\",\"name\":\"" + pick(TOOLS)
                        + "\",\"input\":" + input + "}}";
            }
            case 2 -> "{\"text\":" + pick(TEXTS) + "}";
            default ->
                "{\"reasoningContent\":{\""
                        + pick(
                                "reasoningText\":{\"text\":" + pick(TEXTS) + ",\"signature\":\"c2ln\"}",
                                "redactedContent\":" + pick(TEXTS))
                        + "}}";
        };
    }

    /** Sound ones now and then, so that there is something to decide on and to run. */
    private String arguments() {
        return random.nextBoolean() ? pick("{}", "{\"a\":" + random.nextInt(5) + "}") : HostileArguments.any(random);
    }

    private String usage() {
        boolean sound = random.nextInt(5) > 0;
        return "{\"inputTokens\":" + (sound ? "100" : pick(NUMBERS)) + ",\"outputTokens\":"
                + (sound ? "10" : pick(NUMBERS)) + ",\"totalTokens\":110}";
    }

    private byte[] damaged(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(40) == 0 && bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return random.nextInt(60) == 0 ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
    }

    private static String quoted(String text) {
        return com.fasterxml.jackson.databind.node.TextNode.valueOf(text).toString();
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    @Override
    public String modelId() {
        return "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    }
}
