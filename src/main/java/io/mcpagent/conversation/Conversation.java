package io.mcpagent.conversation;

import io.mcpagent.model.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A conversation as it was at one version. Immutable.
 *
 * @param id        its id: 128 random bits in a URL-safe form, or what the client chose where it may
 * @param owner     the verified subject it belongs to
 * @param version   0 before it was first stored, then one more with each change
 * @param createdAt when it began
 * @param updatedAt when it last changed
 * @param turns     its finished turns, oldest first
 * @param pending   the turn that waits for approvals, or null
 */
public record Conversation(
        String id,
        String owner,
        long version,
        Instant createdAt,
        Instant updatedAt,
        List<TurnRecord> turns,
        @Nullable PendingTurn pending) {

    public Conversation {
        turns = List.copyOf(turns);
    }

    /** The messages of all finished turns: a history that Converse accepts. */
    public List<Message> history() {
        return turns.stream().flatMap(turn -> turn.messages().stream()).toList();
    }

    /** The next version, with {@code change} made at {@code now}. It never seems older than this one, whatever the clock says. */
    Conversation with(Conversations.Change change, Instant now) {
        List<TurnRecord> next = turns;
        TurnRecord append = change.append();
        if (append != null) {
            next = new ArrayList<>(turns.size() + 1);
            next.addAll(turns);
            next.add(append);
        }
        return new Conversation(
                id, owner, version + 1, createdAt, now.isBefore(updatedAt) ? updatedAt : now, next, change.pending());
    }
}
