package io.mcpagent.turn;

import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.identity.Identity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a caller wants of the agent: an answer to a message, or that a decision on a waiting tool call is carried out. */
public sealed interface Question {

    /** Who asks. */
    Identity caller();

    /** The verified subject. */
    default String owner() {
        return caller().subject();
    }

    /** The conversation; null for a new one. */
    @Nullable
    String conversationId();

    /** Whether the answer is wanted as it comes. */
    boolean streaming();

    /** What makes a repeated request the same one, or null. */
    @Nullable
    IdempotencyKey key();

    /** The trace context that it belongs to, or null. */
    @Nullable
    String traceparent();

    /** What is asked; null for a turn that only goes on after approvals. */
    @Nullable
    String text();

    /** Whether its conversation is kept here. */
    default boolean stored() {
        return true;
    }

    /**
     * An {@code Idempotency-Key}.
     *
     * @param value       the header's value
     * @param requestHash SHA-256, in hex, of what is asked
     */
    record IdempotencyKey(String value, String requestHash) {}

    /** A message, in a conversation that begins with it if it is not there and {@code createIfAbsent}. */
    record Ask(
            Identity caller,
            @Nullable String conversationId,
            boolean createIfAbsent,
            String text,
            boolean streaming,
            @Nullable IdempotencyKey key,
            @Nullable String traceparent)
            implements Question {}

    /** A message after turns that the caller brings along, in a conversation that the caller keeps: nothing of it is stored. */
    record Unstored(
            Identity caller,
            List<TurnRecord> history,
            String text,
            boolean streaming,
            @Nullable String traceparent) implements Question {

        public Unstored {
            history = List.copyOf(history);
        }

        @Override
        public @Nullable String conversationId() {
            return null;
        }

        @Override
        public @Nullable IdempotencyKey key() {
            return null;
        }

        @Override
        public boolean stored() {
            return false;
        }
    }

    /** Decisions on tool calls that wait. */
    record Decision(
            Identity caller,
            String conversationId,
            List<Approvals.Verdict> verdicts,
            boolean streaming,
            @Nullable IdempotencyKey key,
            @Nullable String traceparent)
            implements Question {

        @Override
        public @Nullable String text() {
            return null;
        }
    }
}
