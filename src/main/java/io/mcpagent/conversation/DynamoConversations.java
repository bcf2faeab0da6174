package io.mcpagent.conversation;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.text;

import io.mcpagent.base.Ids;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * Conversations in DynamoDB, shared by all tasks; {@link ConversationItems} says how they lie there.
 *
 * <p>A lease ends by the wall clock of whoever asks. Clocks that differ only move the moment at which a dead run's conversation is free again: a
 * save depends on the version and the run, never on the time, so that no clock can make two runs write.
 */
final class DynamoConversations implements Conversations {

    private static final Logger LOG = Logger.getLogger(DynamoConversations.class);

    /** How often a read or a lease is tried again that another writer came between. */
    private static final int MOST_TRIES = 4;

    private static final String NOT_LEASED = "(attribute_not_exists(#leaseRun) OR #leaseUntil < :now)";

    private final DynamoTable table;
    private final DynamoIdempotentReplies replies;
    private final Duration ttl;
    private final InstantSource clock;

    DynamoConversations(DynamoTable table, DynamoIdempotentReplies replies, Duration ttl, InstantSource clock) {
        this.table = table;
        this.replies = replies;
        this.ttl = ttl;
        this.clock = clock;
    }

    @Override
    public Optional<Conversation> find(String owner, String id) {
        for (int i = 0; i < MOST_TRIES; i++) {
            Map<String, AttributeValue> meta = table.get(ConversationItems.metaKey(owner, id));
            if (!ConversationItems.isVisible(meta, clock.instant())) {
                return Optional.empty();
            }
            Conversation found =
                    ConversationItems.conversation(table, owner, meta, ConversationItems.turnItems(table, meta));
            if (found != null) {
                return Optional.of(found);
            }
        }
        throw incomplete();
    }

    private static StoreUnavailableException incomplete() {
        return new StoreUnavailableException("a stored conversation is not complete");
    }

    @Override
    public List<ConversationSummary> list(String owner, int atMost) {
        List<ConversationSummary> list = new ArrayList<>();
        Map<String, AttributeValue> from = null;
        do {
            QueryRequest request = QueryRequest.builder()
                    .tableName(table.name())
                    .keyConditionExpression("#pk = :pk")
                    .expressionAttributeNames(Map.of("#pk", DynamoTable.PK))
                    .expressionAttributeValues(Map.of(":pk", text(ConversationItems.listPartition(owner))))
                    .scanIndexForward(false)
                    .limit(Math.clamp(atMost, 1, 1000))
                    .consistentRead(true)
                    .exclusiveStartKey(from)
                    .overrideConfiguration(table.timeouts())
                    .build();
            QueryResponse page = table.call(dynamo -> dynamo.query(request));
            page.items().stream()
                    .filter(item -> ConversationItems.isValid(item, clock.instant()))
                    .map(ConversationItems::summary)
                    .forEach(list::add);
            from = page.hasLastEvaluatedKey() && !page.lastEvaluatedKey().isEmpty() ? page.lastEvaluatedKey() : null;
        } while (from != null && list.size() < atMost);
        return List.copyOf(list.subList(0, Math.min(list.size(), atMost)));
    }

    @Override
    public boolean delete(String owner, String id) {
        return new ConversationDeletion(table, clock, owner, id).run();
    }

    @Override
    public Conversation open(String owner, String id, boolean createIfAbsent, String runId, Duration lease) {
        String wanted = id == null ? Ids.random() : id;
        for (int i = 0; i < MOST_TRIES; i++) {
            Map<String, AttributeValue> existing = id == null ? Map.of() : lease(owner, wanted, runId, lease);
            if (!existing.isEmpty()) {
                return opened(owner, existing, runId);
            }
            if (id != null && !createIfAbsent) {
                throw new ConversationNotFoundException("no such conversation");
            }
            Conversation created = create(owner, wanted, runId, lease);
            if (created != null) {
                return created;
            }
        }
        throw new ConversationBusyException("others create and delete this conversation all the time");
    }

    /** Takes the lease of a stored conversation; gives its {@code meta}, or an empty map if there is no such conversation. */
    private Map<String, AttributeValue> lease(String owner, String id, String runId, Duration lease) {
        Instant now = clock.instant();
        String update = "SET #leaseRun = :run, #leaseUntil = :until";
        String condition =
                "#version > :zero AND #validUntil > :nowSeconds AND (" + NOT_LEASED + " OR #leaseRun = :run)";
        Map<String, AttributeValue> values = new HashMap<>(leaseValues(now, runId));
        values.put(":until", number(now.plus(lease).toEpochMilli()));
        UpdateItemRequest request = UpdateItemRequest.builder()
                .tableName(table.name())
                .key(ConversationItems.metaKey(owner, id))
                .updateExpression(update)
                .conditionExpression(condition)
                .expressionAttributeNames(Expressions.names(update + condition))
                .expressionAttributeValues(values)
                .returnValues(ReturnValue.ALL_NEW)
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .overrideConfiguration(table.timeouts())
                .build();
        try {
            return table.call(dynamo -> dynamo.updateItem(request)).attributes();
        } catch (ConditionalCheckFailedException e) {
            refuseLeased(e.item(), runId);
            return Map.of();
        }
    }

    private static Map<String, AttributeValue> leaseValues(Instant now, String runId) {
        return Map.of(
                ":run",
                text(runId),
                ":now",
                number(now.toEpochMilli()),
                ":nowSeconds",
                number(now.getEpochSecond()),
                ":zero",
                number(0));
    }

    private void refuseLeased(Map<String, AttributeValue> meta, String runId) {
        if (meta != null
                && ConversationItems.isLeased(meta, clock.instant())
                && !runId.equals(text(meta, ConversationItems.LEASE_RUN))) {
            throw new ConversationBusyException("another run has this conversation");
        }
    }

    /** Stores the lease of a new conversation; null if there is one by now. */
    private Conversation create(String owner, String id, String runId, Duration lease) {
        Instant now = clock.instant();
        Instant createdAt = ConversationItems.beginning(now);
        Map<String, AttributeValue> meta = new HashMap<>(ConversationItems.metaKey(owner, id));
        meta.put(ConversationItems.ID, text(id));
        meta.put(ConversationItems.VERSION, number(0));
        meta.put(ConversationItems.CREATED_AT, text(createdAt.toString()));
        meta.put(ConversationItems.UPDATED_AT, text(createdAt.toString()));
        meta.put(ConversationItems.LEASE_RUN, text(runId));
        meta.put(ConversationItems.LEASE_UNTIL, number(now.plus(lease).toEpochMilli()));
        meta.put(ConversationItems.VALID_UNTIL, number(0));
        meta.put(DynamoTable.EXPIRES_AT, number(ConversationItems.expiresAt(now, lease)));
        String condition = "attribute_not_exists(#pk) OR ((#version = :zero OR #validUntil <= :nowSeconds) AND ("
                + NOT_LEASED + " OR #leaseRun = :run))";
        PutItemRequest request = PutItemRequest.builder()
                .tableName(table.name())
                .item(meta)
                .conditionExpression(condition)
                .expressionAttributeNames(Expressions.names(condition))
                .expressionAttributeValues(leaseValues(now, runId))
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .overrideConfiguration(table.timeouts())
                .build();
        try {
            table.call(dynamo -> dynamo.putItem(request));
            return new Conversation(id, owner, 0, createdAt, createdAt, List.of(), null);
        } catch (ConditionalCheckFailedException e) {
            refuseLeased(e.item(), runId);
            return null;
        }
    }

    private Conversation opened(String owner, Map<String, AttributeValue> meta, String runId) {
        try {
            TreeMap<String, Map<String, AttributeValue>> items = ConversationItems.turnItems(table, meta);
            Conversation conversation = ConversationItems.conversation(table, owner, meta, items);
            if (conversation == null) {
                throw incomplete();
            }
            prolong(items);
            return conversation;
        } catch (RuntimeException e) {
            giveBack(owner, text(meta, ConversationItems.ID), number(meta, ConversationItems.VERSION), runId);
            throw e;
        }
    }

    /** Sees to it that no item of a turn expires before the conversation would if this run changed it. Mostly there is nothing to do. */
    private void prolong(TreeMap<String, Map<String, AttributeValue>> items) {
        Instant now = clock.instant();
        // An hour is more than any run takes.
        long needed =
                ConversationItems.expiresAt(now, ttl) + Duration.ofHours(1).toSeconds();
        for (Map<String, AttributeValue> item : items.values()) {
            if (number(item, DynamoTable.EXPIRES_AT) < needed) {
                String update = "SET #expiresAt = :expiresAt";
                table.call(dynamo -> dynamo.updateItem(request -> request.tableName(table.name())
                        .key(DynamoTable.key(text(item, DynamoTable.PK), text(item, DynamoTable.SK)))
                        .updateExpression(update)
                        .conditionExpression("attribute_exists(#pk)")
                        .expressionAttributeNames(Expressions.names(update + "#pk"))
                        .expressionAttributeValues(
                                Map.of(":expiresAt", number(ConversationItems.turnExpiresAt(now, ttl))))
                        .overrideConfiguration(table.timeouts())));
            }
        }
    }

    @Override
    public Conversation save(Conversation opened, String runId, Change change) {
        Conversation after = opened.with(change, clock.instant());
        ConversationWrites writes = new ConversationWrites(table, replies, ttl, opened, after, runId, change);
        try {
            table.transact(writes.prepare());
        } catch (TransactionCanceledException e) {
            // Perhaps it was this very save that moved the version, and its answer was lost.
            if (!writes.madeIn(table.get(ConversationItems.metaKey(opened.owner(), opened.id())))) {
                throw new ConversationBusyException("the lease was lost to another run", e);
            }
        }
        return after;
    }

    @Override
    public void release(Conversation opened, String runId) {
        release(opened.owner(), opened.id(), opened.version(), runId);
    }

    private void giveBack(String owner, String id, long version, String runId) {
        try {
            release(owner, id, version, runId);
        } catch (StoreUnavailableException e) {
            LOG.warnf("A lease ends by its time only: %s", e.getMessage());
        }
    }

    private void release(String owner, String id, long version, String runId) {
        Map<String, AttributeValue> key = ConversationItems.metaKey(owner, id);
        String condition = "#leaseRun = :run AND #version = :version";
        Map<String, AttributeValue> values = Map.of(":run", text(runId), ":version", number(version));
        try {
            if (version == 0) {
                table.call(dynamo -> dynamo.deleteItem(request -> request.tableName(table.name())
                        .key(key)
                        .conditionExpression(condition)
                        .expressionAttributeNames(Expressions.names(condition))
                        .expressionAttributeValues(values)
                        .overrideConfiguration(table.timeouts())));
                return;
            }
            String update = "REMOVE #leaseRun, #leaseUntil";
            table.call(dynamo -> dynamo.updateItem(request -> request.tableName(table.name())
                    .key(key)
                    .updateExpression(update)
                    .conditionExpression(condition)
                    .expressionAttributeNames(Expressions.names(update + condition))
                    .expressionAttributeValues(values)
                    .overrideConfiguration(table.timeouts())));
        } catch (ConditionalCheckFailedException lost) {
            // It is not this run's any more: there is nothing to give back.
        }
    }
}
