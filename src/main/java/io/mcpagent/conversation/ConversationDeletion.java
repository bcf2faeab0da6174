package io.mcpagent.conversation;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.text;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** Deletes one conversation: first, in one step, what makes it visible, then all that lies below it. */
final class ConversationDeletion {

    private static final Logger LOG = Logger.getLogger(ConversationDeletion.class);

    private static final int MOST_TRIES = 4;
    private static final int BATCH = 25;
    private static final int MOST_BATCH_TRIES = 10;

    private final DynamoTable table;
    private final InstantSource clock;
    private final String owner;
    private final String id;

    ConversationDeletion(DynamoTable table, InstantSource clock, String owner, String id) {
        this.table = table;
        this.clock = clock;
        this.owner = owner;
        this.id = id;
    }

    /** Deletes it; gives false if there is no such conversation. */
    boolean run() {
        Instant deleting = null;
        for (int i = 0; i < MOST_TRIES; i++) {
            Map<String, AttributeValue> meta = table.get(ConversationItems.metaKey(owner, id));
            if (ConversationItems.isLeased(meta, clock.instant())) {
                throw new ConversationBusyException("a turn is running in this conversation");
            }
            if (!ConversationItems.isVisible(meta, clock.instant())) {
                // Gone after a first try: that try deleted it, or somebody else did meanwhile, which is the same to the
                // caller.
                if (deleting == null) {
                    return false;
                }
                deleteBelow(deleting);
                return true;
            }
            deleting = Instant.parse(text(meta, ConversationItems.CREATED_AT));
            try {
                hide(meta);
                deleteBelow(deleting);
                return true;
            } catch (TransactionCanceledException e) {
                LOG.debug("The conversation changed during its deletion; reading it again");
            }
        }
        throw new ConversationBusyException("the conversation kept changing during its deletion");
    }

    private void hide(Map<String, AttributeValue> meta) {
        String condition = "#version = :version AND (attribute_not_exists(#leaseRun) OR #leaseUntil < :now)";
        Delete visible = Delete.builder()
                .tableName(table.name())
                .key(ConversationItems.metaKey(owner, id))
                .conditionExpression(condition)
                .expressionAttributeNames(Expressions.names(condition))
                .expressionAttributeValues(Map.of(
                        ":version",
                        number(number(meta, ConversationItems.VERSION)),
                        ":now",
                        number(clock.instant().toEpochMilli())))
                .build();
        Instant updatedAt = Instant.parse(text(meta, ConversationItems.UPDATED_AT));
        Delete listed = Delete.builder()
                .tableName(table.name())
                .key(ConversationItems.listKey(owner, id, updatedAt))
                .build();
        table.transact(List.of(
                TransactWriteItem.builder().delete(visible).build(),
                TransactWriteItem.builder().delete(listed).build()));
    }

    void deleteBelow(Instant createdAt) {
        try {
            String partition = ConversationItems.partition(owner, id);
            List<WriteRequest> deletes = new ArrayList<>();
            for (String prefix : List.of(
                    ConversationItems.turnPrefix(createdAt), ConversationItems.pendingSortKey(createdAt) + "#")) {
                table.keys(partition, prefix)
                        .forEach(key -> deletes.add(WriteRequest.builder()
                                .deleteRequest(delete -> delete.key(key))
                                .build()));
            }
            for (int from = 0; from < deletes.size(); from += BATCH) {
                deleteBatch(deletes.subList(from, Math.min(deletes.size(), from + BATCH)));
            }
        } catch (StoreUnavailableException e) {
            LOG.warnf("Not all items of a deleted conversation were deleted; the rest expires: %s", e.getMessage());
        }
    }

    private void deleteBatch(List<WriteRequest> batch) {
        List<WriteRequest> left = batch;
        for (int attempt = 1; !left.isEmpty(); attempt++) {
            if (attempt > MOST_BATCH_TRIES) {
                throw new StoreUnavailableException("too many deletes were not taken");
            }
            Map<String, List<WriteRequest>> request = Map.of(table.name(), left);
            left = table.call(dynamo -> dynamo.batchWriteItem(
                            write -> write.requestItems(request).overrideConfiguration(table.timeouts())))
                    .unprocessedItems()
                    .getOrDefault(table.name(), List.of());
            if (!left.isEmpty()) {
                DynamoTable.pause(attempt);
            }
        }
    }
}
