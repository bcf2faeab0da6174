package io.mcpagent.door;

import io.mcpagent.base.Sha256;
import io.mcpagent.base.Traceparent;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.identity.Identity;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Approvals;
import io.mcpagent.turn.Question;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks what a caller sent before anything is done about it. */
@Singleton
public final class Questions {

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,128}");
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");

    private final long longestMessage;

    Questions(AgentConfig config) {
        this.longestMessage = config.turn().maxMessageSize().asLongValue();
    }

    /**
     * A message to answer.
     *
     * @param id   the conversation to continue, or null for a new one
     * @param text what is asked
     * @throws ProblemException if it is not valid
     */
    public Question message(
            Identity caller,
            @Nullable String id,
            @Nullable String text,
            boolean streaming,
            @Nullable String key,
            @Nullable String traceparent) {
        if (text == null || text.isBlank()) {
            throw invalid("Give the question in the member message, as a text that is not blank.");
        }
        requireText(text);
        if (id != null) {
            requireId(id);
        }
        return new Question.Ask(
                caller, id, false, text, streaming, key(key, "message\n" + id + "\n" + text), trace(traceparent));
    }

    /**
     * A decision on a tool call.
     *
     * @throws ProblemException if it is not valid
     */
    public Question decision(
            Identity caller,
            String conversationId,
            String callId,
            @Nullable Decided decided,
            boolean streaming,
            @Nullable String key,
            @Nullable String traceparent) {
        requireId(conversationId);
        if (decided == null || decided.approve() == null) {
            throw invalid("Say in the member approve whether the call may run: true or false.");
        }
        return new Question.Decision(
                caller,
                conversationId,
                List.of(decided.verdict(callId)),
                streaming,
                key(key, "decision\n" + conversationId + "\n" + callId + "\n" + decided.said()),
                trace(traceparent));
    }

    /**
     * A message in the conversation of that id, which begins with it if it is not there.
     *
     * @param text what is asked; not blank
     * @throws ProblemException if the id or the message is not valid
     */
    public Question threaded(Identity caller, String conversationId, String text, @Nullable String traceparent) {
        requireUsable(conversationId);
        requireText(text);
        return new Question.Ask(caller, conversationId, true, text, true, null, trace(traceparent));
    }

    /**
     * Decisions on tool calls, each of another one.
     *
     * @throws ProblemException if the id is not valid
     */
    public Question decisions(
            Identity caller, String conversationId, List<Approvals.Verdict> verdicts, @Nullable String traceparent) {
        requireUsable(conversationId);
        return new Question.Decision(caller, conversationId, verdicts, true, null, trace(traceparent));
    }

    private static void requireUsable(String conversationId) {
        if (!ID.matcher(conversationId).matches()) {
            throw invalid("A conversation's id has 1 to 128 letters, digits, - and _.");
        }
    }

    /**
     * A message in a conversation that the caller keeps.
     *
     * @param history the turns before it, oldest first
     * @param text    what is asked; not blank
     * @throws ProblemException if the message is too large or no text
     */
    public Question unstored(
            Identity caller, List<TurnRecord> history, String text, boolean streaming, @Nullable String traceparent) {
        requireText(text);
        return new Question.Unstored(caller, history, text, streaming, trace(traceparent));
    }

    private void requireText(String text) {
        if (!isUnicode(text)) {
            throw invalid("The message contains half of a surrogate pair, which is no valid Unicode.");
        }
        if (text.getBytes(StandardCharsets.UTF_8).length > longestMessage) {
            throw new ProblemException(Problem.TOO_LARGE, "A message may have " + longestMessage + " bytes at most.");
        }
    }

    private static void requireId(String id) {
        // A malformed id can't exist: it is answered like any other that doesn't.
        if (!ID.matcher(id).matches()) {
            throw new ProblemException(
                    Problem.CONVERSATION_NOT_FOUND, "It never existed, has expired, or belongs to somebody else.");
        }
    }

    private static Question.@Nullable IdempotencyKey key(@Nullable String value, String request) {
        if (value == null) {
            return null;
        }
        if (!KEY.matcher(value).matches()) {
            throw invalid("An Idempotency-Key has 1 to 255 visible ASCII characters.");
        }
        return new Question.IdempotencyKey(value, Sha256.hex(request));
    }

    private static @Nullable String trace(@Nullable String traceparent) {
        return Traceparent.read(traceparent).isValid() ? traceparent : null;
    }

    private static boolean isUnicode(String text) {
        return text.codePoints()
                .noneMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
    }

    private static ProblemException invalid(String detail) {
        return new ProblemException(Problem.INVALID_REQUEST, detail);
    }
}
