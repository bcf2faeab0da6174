package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A reply without an end costs the turn that asked for it, and not the memory of all. */
class EndlessReplyTest {

    private static final String PIECE = "x".repeat(64 << 10);

    private long passedOn;
    private final ReplyAssembler reply = new ReplyAssembler(new ReplyListener() {
        @Override
        public void text(String delta) {
            passedOn += delta.length();
        }

        @Override
        public void toolUseStarted(String id, String name) {}

        @Override
        public void toolUseEnded(String id, Arguments arguments) {}
    });

    private void event(String type, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        reply.event(type, bytes, 0, bytes.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"text\":\"%s\"}",
                "{\"toolUse\":{\"input\":\"%s\"}}",
                "{\"reasoningContent\":{\"text\":\"%s\"}}",
                "{\"reasoningContent\":{\"signature\":\"%s\"}}"
            })
    void should_end_a_reply_that_does_not_end_by_itself(String delta) {
        String event = "{\"contentBlockIndex\":0,\"delta\":" + delta.formatted(PIECE) + "}";
        assertThatThrownBy(() -> {
                    event(
                            "contentBlockStart",
                            "{\"contentBlockIndex\":0,\"start\":{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"n\"}}}");
                    for (int i = 0; i < 1_000; i++) {
                        event("contentBlockDelta", event);
                    }
                })
                .isInstanceOf(EventStreamDecoder.BrokenStreamException.class);
        assertThat(passedOn).isLessThanOrEqualTo(BedrockModel.LARGEST_REPLY);
    }

    @Test
    void should_end_a_reply_of_blocks_without_end() {
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1_000_000; i++) {
                        event("contentBlockStop", "{\"contentBlockIndex\":" + i + "}");
                    }
                })
                .isInstanceOf(EventStreamDecoder.BrokenStreamException.class);
    }
}
