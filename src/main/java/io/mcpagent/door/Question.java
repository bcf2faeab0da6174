package io.mcpagent.door;

import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.turn.Approvals;
import java.util.List;

/** What a caller wants of the agent: an answer to a message, or that a decision on a waiting tool call is carried out. */
public sealed interface Question {

    /** The verified subject. */
    String owner();

    /** The conversation; null for a new one. */
    String conversationId();

    /** Whether the answer is wanted as it comes. */
    boolean streaming();

    /** What makes a repeated request the same one, or null. */
    Key key();

    /** The tools' trace context, or null. */
    String traceparent();

    /**
     * An {@code Idempotency-Key}.
     *
     * @param value       the header's value
     * @param requestHash SHA-256, in hex, of what is asked
     */
    record Key(String value, String requestHash) {}

    /** A message, in a conversation that begins with it if it is not there and {@code createIfAbsent}. */
    record Message(
            String owner,
            String conversationId,
            boolean createIfAbsent,
            String text,
            boolean streaming,
            Key key,
            String traceparent)
            implements Question {}

    /** A message after turns that the caller brings along, in a conversation that the caller keeps: nothing of it is stored. */
    record Unstored(String owner, List<TurnRecord> history, String text, boolean streaming, String traceparent)
            implements Question {

        @Override
        public String conversationId() {
            return null;
        }

        @Override
        public Key key() {
            return null;
        }
    }

    /** Decisions on tool calls that wait. */
    record Decision(
            String owner,
            String conversationId,
            List<Approvals.Verdict> verdicts,
            boolean streaming,
            Key key,
            String traceparent)
            implements Question {}
}
