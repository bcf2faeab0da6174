package io.mcpagent.model;

import com.fasterxml.jackson.core.JsonParser;
import io.mcpagent.base.Ids;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Puts a reply together from the events of ConverseStream, and passes its parts on. The arguments of a tool call are
 * read when they are complete, and nothing of them is passed on before: what is shown is what the tool would get. For one stream and one thread.
 */
final class ReplyAssembler implements AutoCloseable {

    /** More than any model's longest reply has, and few enough to look through. */
    private static final int MOST_BLOCKS = 1_000;

    private final ReplyListener listener;
    private final EventParser events = new EventParser();
    private final List<Block> blocks = new ArrayList<>();
    private long kept;
    private boolean heard;
    private @Nullable StopReason stopReason;
    private @Nullable Usage usage;

    // What the current event says.
    private int index;
    private @Nullable String toolUseId;
    private @Nullable String toolName;
    private @Nullable String text;
    private @Nullable String toolInput;
    private @Nullable String reasoning;
    private @Nullable String signature;
    private @Nullable String redacted;

    /** One content block as far as it is known. */
    private static final class Block {
        private final int index;
        private @Nullable String callId;
        private String toolName = "";
        private Content.@Nullable ToolUse toolUse;
        private @Nullable StringBuilder text;
        private @Nullable StringBuilder reasoning;
        private @Nullable StringBuilder signature;
        private @Nullable String redacted;
        private boolean ended;

        Block(int index) {
            this.index = index;
        }

        /** The call that it asks for, once it is complete. */
        Content.ToolUse toolUse(String id) {
            Content.ToolUse call = toolUse;
            if (call == null) {
                call = new Content.ToolUse(id, toolName, text == null ? "{}" : text.toString());
                toolUse = call;
            }
            return call;
        }

        /** What it holds; null for nothing that could be sent back. */
        @Nullable
        Content content() {
            if (callId != null) {
                return toolUse(callId);
            }
            if (redacted != null) {
                return new Content.Reasoning(null, null, redacted);
            }
            if (reasoning != null || signature != null) {
                return new Content.Reasoning(
                        reasoning == null ? "" : reasoning.toString(),
                        signature == null ? null : signature.toString(),
                        null);
            }
            // Bedrock would refuse a blank text in the next request.
            return text == null || text.toString().isBlank() ? null : new Content.Text(text.toString());
        }
    }

    ReplyAssembler(ReplyListener listener) {
        this.listener = listener;
    }

    /** Whether the listener has heard anything that a reader sees. */
    boolean heard() {
        return heard;
    }

    /** Whether the reply is whole. */
    boolean complete() {
        return stopReason != null && usage != null;
    }

    /** What the service counted; null if it has not said so yet. */
    @Nullable
    Usage usage() {
        return usage;
    }

    /** The reply, which must be whole. A call whose end was not sent ends here. */
    ModelReply reply(String modelId) {
        blocks.forEach(this::stop);
        blocks.sort(Comparator.comparingInt(block -> block.index));
        List<Content> content = new ArrayList<>(blocks.size());
        for (Block block : blocks) {
            Content whole = block.content();
            if (whole != null) {
                content.add(whole);
            }
        }
        return new ModelReply(modelId, content, Objects.requireNonNull(stopReason), Objects.requireNonNull(usage));
    }

    /**
     * Takes in an event; one of an unknown type does nothing.
     *
     * @throws IOException if its payload is no JSON, or the reply becomes longer than one that is not streamed may be
     */
    void event(String type, byte[] bytes, int offset, int length) throws IOException {
        switch (type) {
            case "contentBlockDelta" -> {
                read(bytes, offset, length);
                delta(block(index));
            }
            case "contentBlockStart" -> {
                read(bytes, offset, length);
                start(block(index));
            }
            case "contentBlockStop" -> {
                read(bytes, offset, length);
                stop(block(index));
            }
            case "messageStop", "metadata" -> read(bytes, offset, length);
            default -> {}
        }
    }

    private void read(byte[] bytes, int offset, int length) throws IOException {
        index = 0;
        toolUseId = null;
        toolName = null;
        text = null;
        toolInput = null;
        reasoning = null;
        signature = null;
        redacted = null;
        events.read(bytes, offset, length, this::readEvent);
        for (String part : new String[] {text, toolInput, reasoning, signature, redacted}) {
            kept += part == null ? 0 : part.length();
        }
        if (kept > BedrockModel.LARGEST_REPLY || blocks.size() > MOST_BLOCKS) {
            throw new EventStreamDecoder.BrokenStreamException("the reply has no end");
        }
    }

    /** Nothing more has arrived: gives the buffers back, and says so to the listener. */
    void pause() {
        events.close();
        listener.pause();
    }

    @Override
    public void close() {
        events.close();
    }

    private void readEvent(String name, JsonParser value) throws IOException {
        switch (name) {
            case "contentBlockIndex" -> index = (int) JsonFields.number(value);
            case "start" -> JsonFields.fields(value, this::readStart);
            case "delta" -> JsonFields.fields(value, this::readDelta);
            case "stopReason" -> stopReason = StopReason.of(JsonFields.text(value));
            case "usage" -> usage = ReplyReader.usage(value).orMore(usage);
            default -> value.skipChildren();
        }
    }

    private void readStart(String name, JsonParser value) throws IOException {
        if (!name.equals("toolUse")) {
            value.skipChildren();
            return;
        }
        JsonFields.fields(value, (field, part) -> {
            switch (field) {
                case "toolUseId" -> toolUseId = JsonFields.text(part);
                case "name" -> toolName = ToolDefinition.acceptableName(JsonFields.text(part));
                default -> part.skipChildren();
            }
        });
    }

    private void readDelta(String name, JsonParser value) throws IOException {
        switch (name) {
            case "text" -> text = JsonFields.text(value);
            case "toolUse" ->
                JsonFields.fields(value, (field, part) -> {
                    if (field.equals("input")) {
                        toolInput = JsonFields.text(part);
                    } else {
                        part.skipChildren();
                    }
                });
            case "reasoningContent" -> JsonFields.fields(value, this::readReasoning);
            default -> value.skipChildren();
        }
    }

    private void readReasoning(String name, JsonParser value) throws IOException {
        switch (name) {
            case "text" -> reasoning = JsonFields.text(value);
            case "signature" -> signature = JsonFields.text(value);
            case "redactedContent" -> redacted = JsonFields.text(value);
            default -> value.skipChildren();
        }
    }

    private Block block(int wanted) {
        for (int i = blocks.size() - 1; i >= 0; i--) {
            if (blocks.get(i).index == wanted) {
                return blocks.get(i);
            }
        }
        Block block = new Block(wanted);
        blocks.add(block);
        return block;
    }

    private void start(Block block) {
        if (toolUseId != null && toolName != null && block.callId == null) {
            block.callId = Ids.random();
            block.toolName = toolName;
            heard = true;
            listener.toolUseStarted(block.callId, toolName);
        }
    }

    private void stop(Block block) {
        if (block.callId != null && !block.ended) {
            block.ended = true;
            Content.ToolUse call = block.toolUse(block.callId);
            listener.toolUseEnded(call.id(), call.input());
        }
    }

    private void delta(Block block) throws IOException {
        if (text != null && !text.isEmpty()) {
            block.text = append(block.text, text);
            heard = true;
            listener.text(text);
        }
        if (toolInput != null && !toolInput.isEmpty() && block.callId != null) {
            block.text = append(block.text, toolInput);
            heard = true;
        }
        if (reasoning != null) {
            reasoningDelta(block, reasoning);
        }
        if (signature != null) {
            block.signature = append(block.signature, signature);
        }
        if (redacted != null) {
            block.redacted = block.redacted == null ? redacted : joined(block.redacted, redacted);
        }
    }

    private void reasoningDelta(Block block, String delta) {
        block.reasoning = append(block.reasoning, delta);
        // No reader sees it: a stream that breaks now may still be tried again.
        if (!delta.isEmpty()) {
            listener.reasoning(delta);
        }
    }

    private static StringBuilder append(@Nullable StringBuilder before, String more) {
        return before == null ? new StringBuilder(more) : before.append(more);
    }

    /** Base64 can't be joined as text: each piece may end in padding. */
    private static String joined(String first, String second) throws IOException {
        byte[] head;
        byte[] tail;
        try {
            head = Base64.getDecoder().decode(first);
            tail = Base64.getDecoder().decode(second);
        } catch (IllegalArgumentException e) {
            throw new IOException("the redacted content is no Base64", e);
        }
        byte[] all = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, all, head.length, tail.length);
        return Base64.getEncoder().encodeToString(all);
    }
}
