package io.mcpagent.conversation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where conversations are kept. A conversation belongs to its owner: to everybody else it does not exist. Every change is atomic and
 * conditional on the version that it was made from, so that history stays linear whatever happens. Safe for use by many threads, and by many
 * tasks over one table. All methods may throw {@link StoreUnavailableException}.
 */
public interface Conversations {

    /** The conversation, unless it is absent, expired or somebody else's. */
    Optional<Conversation> find(String owner, String id);

    /** The owner's conversations, the last changed first. */
    List<ConversationSummary> list(String owner, int atMost);

    /**
     * Deletes it with all its turns.
     *
     * @return false if it is absent or somebody else's
     * @throws ConversationBusyException if a turn is running in it
     */
    boolean delete(String owner, String id);

    /**
     * Takes the conversation for one run: until {@link #save} or {@link #release}, or until {@code lease} has passed (the process may die), every
     * other {@code open} and {@link #delete} of it fails. Nothing is stored of a new conversation yet but the lease.
     *
     * @param id null for a new conversation
     * @param createIfAbsent whether an absent {@code id} becomes a new conversation of that id
     * @throws ConversationBusyException     if another run has it
     * @throws ConversationNotFoundException if it is absent (and not to be created) or somebody else's
     * @throws StoreUnavailableException     if the store does not answer; what it may have taken all the same is given back in the background, and
     *                                       is not in the way of the next {@code open} in this process
     */
    Conversation open(String owner, @Nullable String id, boolean createIfAbsent, String runId, Duration lease);

    /**
     * Stores a change of an opened conversation in one atomic step, if nobody else changed it since.
     *
     * @return the conversation at its new version
     * @throws ConversationBusyException if the lease was lost to another run: nothing was stored
     */
    Conversation save(Conversation opened, String runId, Change change);

    /**
     * Gives an opened conversation back as it is stored now. Only the lease decides: it does not matter which version of it the run remembers, and
     * nothing is done if the lease is no longer this run's. If the store does not answer, it is given back in the background.
     */
    void release(Conversation opened, String runId);

    /**
     * A change.
     *
     * @param append  the finished turn to append, or null
     * @param pending the turn that now waits for approvals, or null for none
     * @param keepLease whether the run continues the conversation
     * @param reply   the answer to an idempotent request, to be stored in the same step, or null. While the run goes on it is not given yet, and the
     *                run may store another; it is what the key answers if the run is never heard of again. Such a step fails if the key is not the run's
     */
    record Change(
            @Nullable TurnRecord append,
            @Nullable PendingTurn pending,
            boolean keepLease,
            IdempotentReplies.@Nullable Reply reply) {

        /** The turn is finished, and with it the run. */
        public static Change finished(TurnRecord turn, IdempotentReplies.@Nullable Reply reply) {
            return new Change(turn, null, false, reply);
        }

        /** The turn waits for approvals; the run has ended. */
        public static Change waiting(PendingTurn pending, IdempotentReplies.@Nullable Reply reply) {
            return new Change(null, pending, false, reply);
        }

        /** A step of the turn; the run goes on. */
        public static Change step(PendingTurn pending) {
            return step(pending, null);
        }

        /** A step of the turn; the run goes on. {@code reply} is the answer if it dies. */
        public static Change step(PendingTurn pending, IdempotentReplies.@Nullable Reply reply) {
            return new Change(null, pending, true, reply);
        }
    }
}
