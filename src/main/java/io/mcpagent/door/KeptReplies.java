package io.mcpagent.door;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.turn.AnswerFormat;
import io.mcpagent.turn.TurnResult;
import jakarta.inject.Singleton;
import java.io.UncheckedIOException;

/** Answers as they are kept for idempotency keys: the JSON that {@code POST /chat} gives. Safe for use by many threads. */
@Singleton
final class KeptReplies implements AnswerFormat {

    private final ObjectMapper json;

    KeptReplies(ObjectMapper json) {
        this.json = json;
    }

    @Override
    public String write(TurnResult result) {
        try {
            return json.writeValueAsString(ChatReply.of(result));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads what {@link #write} wrote, by this version or an earlier one. */
    ChatReply read(String kept) {
        try {
            return json.readValue(kept, ChatReply.class);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
