package io.mcpagent.conversation;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.text;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * How a conversation lies in the table. Its partition {@code conversation#<owner>#<id>} (both hashed) has the item {@code meta} with the version,
 * the lease and the turn that waits for approvals, and an item {@code turn#<incarnation>#<number>} for each finished turn, with chunks below it
 * when it is large. A turn is there if its number is not above the count in {@code meta}. Its owner's partition has an item for the list.
 */
final class ConversationItems {

    static final String META = "meta";
    static final String ID = "id";
    static final String VERSION = "version";
    static final String CREATED_AT = "createdAt";
    static final String UPDATED_AT = "updatedAt";
    static final String TITLE = "title";
    static final String TURNS = "turns";
    static final String LEASE_RUN = "leaseRun";
    static final String LEASE_TOKEN = "leaseToken";
    static final String LEASE_UNTIL = "leaseUntil";
    static final String VALID_UNTIL = "validUntil";
    static final String PENDING = "pending";

    /** Items outlive their conversation a little, since its time may be over while its last turn is running. */
    private static final Duration GRACE = Duration.ofHours(1);

    private static final int RANDOM_NANOS = 1_000_000;

    private ConversationItems() {}

    static String partition(String owner, String id) {
        return "conversation#" + DynamoTable.hash(owner) + "#" + DynamoTable.hash(id);
    }

    static Map<String, AttributeValue> metaKey(String owner, String id) {
        return DynamoTable.key(partition(owner, id), META);
    }

    static String listPartition(String owner) {
        return "owner#" + DynamoTable.hash(owner);
    }

    /** The list's items are in the order of their last change. */
    static Map<String, AttributeValue> listKey(String owner, String id, Instant updatedAt) {
        return DynamoTable.key(
                listPartition(owner),
                "conversation#%015d#%s".formatted(updatedAt.toEpochMilli(), DynamoTable.hash(id)));
    }

    /**
     * When a conversation of now begins. The digits below a millisecond are random: this instant tells the items of a conversation from what may
     * be left of a deleted one of the same id.
     */
    static Instant beginning(Instant now) {
        return Instant.ofEpochMilli(now.toEpochMilli())
                .plusNanos(ThreadLocalRandom.current().nextInt(RANDOM_NANOS));
    }

    static String turnPrefix(Instant createdAt) {
        return "turn#" + incarnation(createdAt) + "#";
    }

    static String turnSortKey(Instant createdAt, int number) {
        return turnPrefix(createdAt) + "%06d".formatted(number);
    }

    static String pendingSortKey(Instant createdAt) {
        return "pending#" + incarnation(createdAt);
    }

    private static String incarnation(Instant createdAt) {
        return "%d.%09d".formatted(createdAt.getEpochSecond(), createdAt.getNano());
    }

    static long validUntil(Instant updatedAt, Duration ttl) {
        return updatedAt.plus(ttl).getEpochSecond();
    }

    static long expiresAt(Instant updatedAt, Duration ttl) {
        return updatedAt.plus(ttl).plus(GRACE).getEpochSecond();
    }

    /** Turns live longer than their conversation, so that not each new turn has to prolong all the others. */
    static long turnExpiresAt(Instant now, Duration ttl) {
        return now.plus(ttl).plus(GRACE).plus(ttl.dividedBy(4)).getEpochSecond();
    }

    static boolean isValid(Map<String, AttributeValue> item, Instant now) {
        return !item.isEmpty() && number(item, VALID_UNTIL) > now.getEpochSecond();
    }

    /** Whether there is something for its owner to see. */
    static boolean isVisible(Map<String, AttributeValue> meta, Instant now) {
        return isValid(meta, now) && number(meta, VERSION) > 0;
    }

    static boolean isLeased(Map<String, AttributeValue> meta, Instant now) {
        return meta.containsKey(LEASE_RUN) && number(meta, LEASE_UNTIL) >= now.toEpochMilli();
    }

    /** The conversation of a {@code meta} item and its turns' items; null if one of them is not there, since it was changed meanwhile. */
    static @Nullable Conversation conversation(
            DynamoTable table,
            String owner,
            Map<String, AttributeValue> meta,
            SortedMap<String, Map<String, AttributeValue>> items) {
        Instant createdAt = Instant.parse(text(meta, CREATED_AT));
        List<TurnRecord> turns = new ArrayList<>();
        for (int turn = 1; turn <= number(meta, TURNS); turn++) {
            Map<String, AttributeValue> item = items.get(turnSortKey(createdAt, turn));
            byte[] stored = item == null ? null : StoredBytes.load(item, items);
            if (stored == null) {
                return null;
            }
            turns.add(StoredJson.readTurn(stored));
        }
        PendingTurn pending = null;
        AttributeValue waiting = meta.get(PENDING);
        if (waiting != null) {
            byte[] stored = StoredBytes.load(table, text(meta, DynamoTable.PK), waiting.m());
            if (stored == null) {
                return null;
            }
            pending = StoredJson.readPending(stored);
        }
        return new Conversation(
                text(meta, ID),
                owner,
                number(meta, VERSION),
                createdAt,
                Instant.parse(text(meta, UPDATED_AT)),
                turns,
                pending);
    }

    static SortedMap<String, Map<String, AttributeValue>> turnItems(
            DynamoTable table, Map<String, AttributeValue> meta) {
        return number(meta, TURNS) == 0
                ? new TreeMap<>()
                : table.query(text(meta, DynamoTable.PK), turnPrefix(Instant.parse(text(meta, CREATED_AT))));
    }

    static ConversationSummary summary(Map<String, AttributeValue> item) {
        return new ConversationSummary(
                text(item, ID),
                text(item, TITLE),
                Instant.parse(text(item, CREATED_AT)),
                Instant.parse(text(item, UPDATED_AT)),
                (int) number(item, TURNS));
    }
}
