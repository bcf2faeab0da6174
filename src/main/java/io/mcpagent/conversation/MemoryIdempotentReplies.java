package io.mcpagent.conversation;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Idempotent replies in the memory of this process, for development and tests. */
final class MemoryIdempotentReplies implements IdempotentReplies {

    /** How long an answer is remembered. */
    private static final Duration KEPT = Duration.ofHours(24);

    private record Key(String value) {}

    /**
     * What is known of a key.
     *
     * @param runId the run that has claimed it; null when it is answered
     * @param body  the answer; while the request is running null, or what it is if the run dies
     * @param runEndNanos when the run has died if it has not answered
     * @param endNanos when the key is free again
     */
    private record Known(
            String requestHash,
            @Nullable String runId,
            @Nullable String body,
            long bytes,
            long runEndNanos,
            long endNanos)
            implements OwnedMemory.Kept {

        @Override
        public boolean isConversation() {
            return false;
        }

        @Override
        public boolean isInUse(long nanos) {
            return runId != null && nanos - runEndNanos < 0;
        }

        @Override
        public boolean isOver(long nanos, Instant now) {
            return isOver(nanos);
        }

        private boolean isOver(long nanos) {
            return nanos - endNanos >= 0;
        }
    }

    private final OwnedMemory memory;

    MemoryIdempotentReplies(OwnedMemory memory) {
        this.memory = memory;
    }

    @Override
    public Claim claim(String owner, String key, String requestHash, String runId, Duration lease) {
        return memory.step(() -> {
            Known known = (Known) memory.get(owner, new Key(key));
            if (known == null
                    || (runId.equals(known.runId) && requestHash.equals(known.requestHash) && known.body == null)) {
                long end = memory.nanos() + lease.toNanos();
                put(owner, key, requestHash, runId, null, end, end);
                return new Claim.Claimed();
            }
            if (!known.requestHash.equals(requestHash)) {
                return new Claim.Mismatch();
            }
            return known.body == null || known.isInUse(memory.nanos())
                    ? new Claim.Running()
                    : new Claim.AlreadyAnswered(known.body);
        });
    }

    @Override
    public void abandon(String owner, String key, String runId) {
        memory.step(() -> {
            Known known = (Known) memory.get(owner, new Key(key));
            if (known != null && known.body == null && runId.equals(known.runId)) {
                memory.remove(owner, new Key(key));
            }
        });
    }

    /**
     * Remembers an answer; called within the step that stores the turn.
     *
     * @param goesOn whether the run may still give another
     * @throws ConversationBusyException if a twin of the request was answered before, or another request has the key
     */
    void answer(Reply reply, String runId, boolean goesOn) {
        Known known = (Known) memory.get(reply.owner(), new Key(reply.key()));
        boolean own = known != null && runId.equals(known.runId);
        if (goesOn ? !own : known != null && !own && known.body != null) {
            throw new ConversationBusyException("this request was answered by another run");
        }
        if (known != null && !known.requestHash.equals(reply.requestHash())) {
            throw new ConversationBusyException("another request has this key");
        }
        put(
                reply.owner(),
                reply.key(),
                reply.requestHash(),
                goesOn ? runId : null,
                reply.body(),
                known == null ? 0 : known.runEndNanos,
                memory.nanos() + KEPT.toNanos());
    }

    private void put(
            String owner,
            String key,
            String requestHash,
            @Nullable String runId,
            @Nullable String body,
            long runEndNanos,
            long endNanos) {
        long bytes = Footprint.ENTRY
                + Footprint.of(owner)
                + Footprint.of(key)
                + Footprint.of(requestHash)
                + Footprint.of(runId)
                + Footprint.of(body);
        memory.put(owner, new Key(key), new Known(requestHash, runId, body, bytes, runEndNanos, endNanos));
    }
}
