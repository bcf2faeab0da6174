package io.mcpagent.conversation;

import io.mcpagent.base.Sha256;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where tool calls that wait are found by those who may decide on them. What lies here is only the way to a conversation: whether a call still waits,
 * and who may decide on it, is said there. Safe for use by many threads, and by many tasks over one table. All methods may throw
 * {@link StoreUnavailableException}.
 */
public interface ApprovalDesks {

    /**
     * A call that waits, or has waited.
     *
     * @param owner          whose conversation it is in
     * @param conversationId that conversation
     * @param callId         the call's id there
     * @param until          when it is too late
     */
    record AskedCall(String owner, String conversationId, String callId, Instant until) {

        private static final int ID_LENGTH = 32;

        /** By which it is asked for: it tells nothing of its owner. */
        public String id() {
            return Sha256.hexOfParts(owner, conversationId, callId).substring(0, ID_LENGTH);
        }

        /** Its place among all others: what ends first comes first. */
        String place() {
            return "%015d#%s".formatted(until.toEpochMilli(), id());
        }
    }

    /**
     * Some calls.
     *
     * @param next what {@code after} is for those that follow; null at the end
     */
    record AskedCalls(List<AskedCall> calls, @Nullable String next) {

        public AskedCalls {
            calls = List.copyOf(calls);
        }
    }

    /** Lays a call on these desks. To do so twice is to do it once. */
    void add(Collection<String> desks, AskedCall call);

    /** The call of that {@linkplain AskedCall#id() id}, unless it is too late for it or there never was one. */
    Optional<AskedCall> find(String id);

    /**
     * What lies on any of these desks and is not too late, what ends first first.
     *
     * @param after  the {@code next} of the page before, or null
     * @param atMost how many at most
     */
    AskedCalls page(Collection<String> desks, @Nullable String after, int atMost);
}
