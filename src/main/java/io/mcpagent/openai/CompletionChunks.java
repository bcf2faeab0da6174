package io.mcpagent.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mcpagent.door.ChatReply;
import io.mcpagent.door.EventFormat;
import io.mcpagent.door.JsonEvents;
import io.mcpagent.turn.TurnEvent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Tells a turn as the chunks of a chat completion: the text as it comes, and nothing of the tools, which are the agent's own business. For one
 * turn and one thread.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/chat-streaming">The chat completion chunk object</a>
 */
final class CompletionChunks implements EventFormat {

    private final Completions completions;
    private final String id;
    private final boolean includeUsage;
    private final long created = System.currentTimeMillis() / 1000;
    private boolean begun;
    private boolean betweenTexts;

    CompletionChunks(Completions completions, String runId, boolean includeUsage) {
        this.completions = completions;
        this.id = Completions.id(runId);
        this.includeUsage = includeUsage;
    }

    @Override
    public void write(TurnEvent event, JsonEvents to) {
        switch (event) {
            case TurnEvent.TextDelta(String _, String delta) -> text(delta, to);
            case TurnEvent.TextEnded _ -> betweenTexts = true;
            case TurnEvent.Finished(var result) -> finish(ChatReply.of(result), to);
            case TurnEvent.Failed failed ->
                to.object(error -> {
                    error.writeObjectFieldStart("error");
                    error.writeStringField("message", failed.problem().title() + ". " + failed.detail());
                    error.writeStringField("type", OpenAiErrors.type(failed.problem()));
                    error.writeNullField("param");
                    error.writeStringField("code", OpenAiErrors.code(failed.problem()));
                    error.writeEndObject();
                });
            default -> {}
        }
    }

    @Override
    public void replay(ChatReply reply, JsonEvents to) {
        text(reply.answer(), to);
        betweenTexts = !reply.answer().isEmpty();
        finish(reply, to);
    }

    private void text(String delta, JsonEvents to) {
        if (delta.isEmpty()) {
            return;
        }
        begin(to);
        String before = betweenTexts ? "\n\n" : "";
        betweenTexts = false;
        chunk(to, null, content -> content.writeStringField("content", before + delta));
    }

    private void begin(JsonEvents to) {
        if (!begun) {
            begun = true;
            chunk(to, null, role -> {
                role.writeStringField("role", "assistant");
                role.writeStringField("content", "");
            });
        }
    }

    private void finish(ChatReply reply, JsonEvents to) {
        text(Answer.after(reply), to);
        begin(to);
        chunk(to, Answer.finishReason(reply), nothing -> {});
        if (includeUsage) {
            to.object(members -> {
                head(members);
                members.writeArrayFieldStart("choices");
                members.writeEndArray();
                members.writeFieldName("usage");
                members.writeTree(completions.usage(reply.usage()));
            });
        }
        to.line("[DONE]");
    }

    private void chunk(JsonEvents to, @Nullable String finishReason, JsonEvents.Members delta) {
        to.object(members -> {
            head(members);
            members.writeArrayFieldStart("choices");
            members.writeStartObject();
            members.writeNumberField("index", 0);
            members.writeObjectFieldStart("delta");
            delta.write(members);
            members.writeEndObject();
            members.writeNullField("logprobs");
            members.writeStringField("finish_reason", finishReason);
            members.writeEndObject();
            members.writeEndArray();
            if (includeUsage) {
                members.writeNullField("usage");
            }
        });
    }

    private void head(JsonGenerator members) throws IOException {
        members.writeStringField("id", id);
        members.writeStringField("object", "chat.completion.chunk");
        members.writeNumberField("created", created);
        members.writeStringField("model", completions.model());
    }
}
