package io.mcpagent.conversation;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.optionalText;
import static io.mcpagent.conversation.DynamoTable.text;

import io.mcpagent.conversation.Conversations.Change;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** The writes of one save: five items at most, made all or none. */
final class ConversationWrites {

    /** The last saves by their names, the newest first: with them a save whose answer was lost finds out whether it was made. */
    private static final List<String> SAVES = List.of("savedBy", "savedBy2", "savedBy3");

    /** A waiting turn up to this size lies in {@code meta}, which is written with each lease. */
    private static final int PENDING_INLINE = 32_000;

    private final DynamoTable table;
    private final DynamoIdempotentReplies replies;
    private final Duration ttl;
    private final Conversation before;
    private final Conversation after;
    private final String runId;
    private final Change change;
    private final String attempt = UUID.randomUUID().toString();
    private final String partition;

    ConversationWrites(
            DynamoTable table,
            DynamoIdempotentReplies replies,
            Duration ttl,
            Conversation before,
            Conversation after,
            String runId,
            Change change) {
        this.table = table;
        this.replies = replies;
        this.ttl = ttl;
        this.before = before;
        this.after = after;
        this.runId = runId;
        this.change = change;
        this.partition = ConversationItems.partition(before.owner(), before.id());
    }

    /** Writes what is too large for the transaction, and makes the transaction. */
    List<TransactWriteItem> prepare() {
        List<TransactWriteItem> writes = new ArrayList<>();
        writes.add(TransactWriteItem.builder().update(meta()).build());
        TurnRecord append = change.append();
        if (append != null) {
            writes.add(put(turn(append)));
        }
        Map<String, AttributeValue> listed = listItem();
        Map<String, AttributeValue> listedBefore =
                ConversationItems.listKey(before.owner(), before.id(), before.updatedAt());
        boolean moved = !text(listed, DynamoTable.SK).equals(text(listedBefore, DynamoTable.SK));
        if (before.version() > 0 && moved) {
            writes.add(TransactWriteItem.builder()
                    .delete(Delete.builder()
                            .tableName(table.name())
                            .key(listedBefore)
                            .build())
                    .build());
        }
        writes.add(put(listed));
        if (change.reply() != null) {
            writes.add(replies.answer(change.reply(), runId, change.keepLease()));
        }
        return writes;
    }

    /** Whether {@code meta}, as it is now, shows that this save was made. */
    boolean madeIn(Map<String, AttributeValue> meta) {
        return SAVES.stream().anyMatch(save -> attempt.equals(optionalText(meta, save)));
    }

    private Update meta() {
        Map<String, AttributeValue> values = new HashMap<>();
        List<String> set = new ArrayList<>();
        List<String> remove = new ArrayList<>();
        set(ConversationItems.VERSION, number(after.version()), set, values);
        set(ConversationItems.UPDATED_AT, text(after.updatedAt().toString()), set, values);
        set(ConversationItems.TITLE, text(Titles.titleOf(after)), set, values);
        set(ConversationItems.TURNS, number(after.turns().size()), set, values);
        set(ConversationItems.VALID_UNTIL, number(ConversationItems.validUntil(after.updatedAt(), ttl)), set, values);
        set(DynamoTable.EXPIRES_AT, number(ConversationItems.expiresAt(after.updatedAt(), ttl)), set, values);
        set("savedBy", text(attempt), set, values);
        values.put(":none", text("none"));
        for (int i = 1; i < SAVES.size(); i++) {
            set.add("#%s = if_not_exists(#%s, :none)".formatted(SAVES.get(i), SAVES.get(i - 1)));
        }
        PendingTurn pending = change.pending();
        if (pending == null) {
            remove.add("#pending");
        } else {
            set(ConversationItems.PENDING, AttributeValue.fromM(pending(pending)), set, values);
        }
        if (!change.keepLease()) {
            remove.add("#leaseRun");
            remove.add("#leaseToken");
            remove.add("#leaseUntil");
        }
        values.put(":before", number(before.version()));
        values.put(":run", text(runId));
        values.put(":createdAt", text(before.createdAt().toString()));
        String condition = "#version = :before AND #leaseRun = :run AND #createdAt = :createdAt";
        String expression =
                "SET " + String.join(", ", set) + (remove.isEmpty() ? "" : " REMOVE " + String.join(", ", remove));
        return Update.builder()
                .tableName(table.name())
                .key(DynamoTable.key(partition, ConversationItems.META))
                .updateExpression(expression)
                .conditionExpression(condition)
                .expressionAttributeNames(Expressions.names(expression + " " + condition))
                .expressionAttributeValues(values)
                .build();
    }

    private static void set(
            String attribute, AttributeValue value, List<String> set, Map<String, AttributeValue> values) {
        set.add("#%s = :%s".formatted(attribute, attribute));
        values.put(":" + attribute, value);
    }

    private Map<String, AttributeValue> pending(PendingTurn pending) {
        return StoredBytes.store(
                table,
                partition,
                ConversationItems.pendingSortKey(before.createdAt()),
                StoredJson.write(pending),
                PENDING_INLINE,
                turnsExpireAt());
    }

    private Map<String, AttributeValue> turn(TurnRecord append) {
        String sk =
                ConversationItems.turnSortKey(before.createdAt(), after.turns().size());
        Map<String, AttributeValue> item = new HashMap<>(DynamoTable.key(partition, sk));
        item.putAll(
                StoredBytes.store(table, partition, sk, StoredJson.write(append), StoredBytes.ITEM, turnsExpireAt()));
        item.put(DynamoTable.EXPIRES_AT, number(turnsExpireAt()));
        return item;
    }

    private long turnsExpireAt() {
        return ConversationItems.turnExpiresAt(after.updatedAt(), ttl);
    }

    private Map<String, AttributeValue> listItem() {
        Instant updatedAt = after.updatedAt();
        Map<String, AttributeValue> item =
                new HashMap<>(ConversationItems.listKey(after.owner(), after.id(), updatedAt));
        item.put(ConversationItems.ID, text(after.id()));
        item.put(ConversationItems.TITLE, text(Titles.titleOf(after)));
        item.put(ConversationItems.CREATED_AT, text(after.createdAt().toString()));
        item.put(ConversationItems.UPDATED_AT, text(updatedAt.toString()));
        item.put(ConversationItems.TURNS, number(after.turns().size()));
        item.put(ConversationItems.VALID_UNTIL, number(ConversationItems.validUntil(updatedAt, ttl)));
        item.put(DynamoTable.EXPIRES_AT, number(ConversationItems.expiresAt(updatedAt, ttl)));
        return item;
    }

    private TransactWriteItem put(Map<String, AttributeValue> item) {
        return TransactWriteItem.builder()
                .put(Put.builder().tableName(table.name()).item(item).build())
                .build();
    }
}
