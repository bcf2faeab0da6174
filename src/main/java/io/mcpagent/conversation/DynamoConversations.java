package io.mcpagent.conversation;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.optionalText;
import static io.mcpagent.conversation.DynamoTable.text;

import io.mcpagent.base.Ids;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
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
 * <p>A lease ends by the wall clock of the process that asks. Clocks that differ only move the moment at which a dead run's conversation is free again: a
 * save depends on the version and the run, never on the time, so that no clock can make two runs write.
 */
final class DynamoConversations implements Conversations {

    private static final Logger LOG = Logger.getLogger(DynamoConversations.class);

    /** How often a read or a lease is tried again that another writer came between. */
    private static final int MOST_TRIES = 4;

    private static final String NOT_LEASED = "(attribute_not_exists(#leaseRun) OR #leaseUntil < :now)";

    /**
     * What a run takes.
     *
     * @param token tells this lease from a later one of the same run, so that giving back the one does not take the other away
     */
    private record Lease(String runId, String token, Duration duration) {}

    private final OrphanedLeases orphans = new OrphanedLeases();
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
    public Conversation open(
            String owner, @Nullable String id, boolean createIfAbsent, String runId, Duration duration) {
        String wanted = id == null ? Ids.random() : id;
        Lease lease = new Lease(runId, UUID.randomUUID().toString(), duration);
        try {
            return open(owner, wanted, id != null, id == null || createIfAbsent, lease);
        } catch (ConversationBusyException | ConversationNotFoundException e) {
            throw e;
        } catch (RuntimeException e) {
            // Perhaps the lease was taken all the same, and only the answer was lost.
            orphans.add(lease.token, () -> giveBack(owner, wanted, "#leaseToken = :lease", lease.token));
            throw e;
        }
    }

    private Conversation open(String owner, String id, boolean mayExist, boolean create, Lease lease) {
        for (int i = 0; i < MOST_TRIES; i++) {
            Map<String, AttributeValue> existing = mayExist ? lease(owner, id, lease) : Map.of();
            if (!existing.isEmpty()) {
                return opened(owner, existing);
            }
            if (!create) {
                throw new ConversationNotFoundException("no such conversation");
            }
            Conversation created = create(owner, id, lease);
            if (created != null) {
                return created;
            }
        }
        throw new ConversationBusyException("others create and delete this conversation all the time");
    }

    /** Takes the lease of a stored conversation; gives its {@code meta}, or an empty map if there is no such conversation. */
    private Map<String, AttributeValue> lease(String owner, String id, Lease lease) {
        String update = "SET #leaseRun = :run, #leaseToken = :token, #leaseUntil = :until";
        String condition =
                "#version > :zero AND #validUntil > :nowSeconds AND (" + NOT_LEASED + " OR #leaseRun = :run)";
        for (int i = 0; i < MOST_TRIES; i++) {
            Instant now = clock.instant();
            Map<String, AttributeValue> values = new HashMap<>(leaseValues(now, lease));
            values.put(":token", text(lease.token));
            values.put(":until", number(now.plus(lease.duration).toEpochMilli()));
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
                if (!isInTheWay(e.item(), lease, now)) {
                    return Map.of();
                }
            }
        }
        throw busy();
    }

    private static Map<String, AttributeValue> leaseValues(Instant now, Lease lease) {
        return Map.of(
                ":run",
                text(lease.runId),
                ":now",
                number(now.toEpochMilli()),
                ":nowSeconds",
                number(now.getEpochSecond()),
                ":zero",
                number(0));
    }

    /**
     * Whether it was another run's lease that made a condition fail. If that is nobody's any more it is given back, and the next try may succeed.
     *
     * @param now the moment that the condition was compared with: a later one may be after the end of that lease, and what was only taken would
     *            seem to be absent
     * @throws ConversationBusyException if another run has it
     */
    private boolean isInTheWay(@Nullable Map<String, AttributeValue> meta, Lease lease, Instant now) {
        if (meta == null
                || !ConversationItems.isLeased(meta, now)
                || lease.runId.equals(optionalText(meta, ConversationItems.LEASE_RUN))) {
            return false;
        }
        for (String name : List.of(ConversationItems.LEASE_TOKEN, ConversationItems.LEASE_RUN)) {
            String orphan = optionalText(meta, name);
            if (orphan != null && orphans.giveBackNow(orphan)) {
                return true;
            }
        }
        throw busy();
    }

    private static ConversationBusyException busy() {
        return new ConversationBusyException("another run has this conversation");
    }

    /** Stores the lease of a new conversation; null if there is one by now. */
    private @Nullable Conversation create(String owner, String id, Lease lease) {
        Instant now = clock.instant();
        Instant createdAt = ConversationItems.beginning(now);
        Map<String, AttributeValue> meta = new HashMap<>(ConversationItems.metaKey(owner, id));
        meta.put(ConversationItems.ID, text(id));
        meta.put(ConversationItems.VERSION, number(0));
        meta.put(ConversationItems.CREATED_AT, text(createdAt.toString()));
        meta.put(ConversationItems.UPDATED_AT, text(createdAt.toString()));
        meta.put(ConversationItems.LEASE_RUN, text(lease.runId));
        meta.put(ConversationItems.LEASE_TOKEN, text(lease.token));
        meta.put(ConversationItems.LEASE_UNTIL, number(now.plus(lease.duration).toEpochMilli()));
        meta.put(ConversationItems.VALID_UNTIL, number(0));
        meta.put(DynamoTable.EXPIRES_AT, number(ConversationItems.expiresAt(now, lease.duration)));
        String condition = "attribute_not_exists(#pk) OR ((#version = :zero OR #validUntil <= :nowSeconds) AND ("
                + NOT_LEASED + " OR #leaseRun = :run))";
        PutItemRequest request = PutItemRequest.builder()
                .tableName(table.name())
                .item(meta)
                .conditionExpression(condition)
                .expressionAttributeNames(Expressions.names(condition))
                .expressionAttributeValues(leaseValues(now, lease))
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .overrideConfiguration(table.timeouts())
                .build();
        try {
            table.call(dynamo -> dynamo.putItem(request));
            return new Conversation(id, owner, 0, createdAt, createdAt, List.of(), null);
        } catch (ConditionalCheckFailedException e) {
            isInTheWay(e.item(), lease, now);
            return null;
        }
    }

    private Conversation opened(String owner, Map<String, AttributeValue> meta) {
        SortedMap<String, Map<String, AttributeValue>> items = ConversationItems.turnItems(table, meta);
        Conversation conversation = ConversationItems.conversation(table, owner, meta, items);
        if (conversation == null) {
            throw incomplete();
        }
        prolong(items.values());
        return conversation;
    }

    /** Sees to it that no item of a turn expires before the conversation would if this run changed it. Mostly there is nothing to do. */
    private void prolong(Collection<Map<String, AttributeValue>> items) {
        Instant now = clock.instant();
        // An hour is more than any run takes.
        long needed =
                ConversationItems.expiresAt(now, ttl) + Duration.ofHours(1).toSeconds();
        for (Map<String, AttributeValue> item : items) {
            if (number(item, DynamoTable.EXPIRES_AT) < needed) {
                prolong(item, number(ConversationItems.turnExpiresAt(now, ttl)));
            }
        }
    }

    private void prolong(Map<String, AttributeValue> item, AttributeValue expiresAt) {
        String update = "SET #expiresAt = :expiresAt";
        try {
            table.call(dynamo -> dynamo.updateItem(request -> request.tableName(table.name())
                    .key(DynamoTable.key(text(item, DynamoTable.PK), text(item, DynamoTable.SK)))
                    .updateExpression(update)
                    .conditionExpression("attribute_exists(#pk)")
                    .expressionAttributeNames(Expressions.names(update + "#pk"))
                    .expressionAttributeValues(Map.of(":expiresAt", expiresAt))
                    .overrideConfiguration(table.timeouts())));
        } catch (ConditionalCheckFailedException expired) {
            // It expired since it was read. This run has it, and nobody else writes while this run has the lease: it
            // is put back, or the conversation would be incomplete from now on.
            Map<String, AttributeValue> restored = new HashMap<>(item);
            restored.put(DynamoTable.EXPIRES_AT, expiresAt);
            table.put(restored);
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
        OrphanedLeases.GiveBack giveBack =
                () -> giveBack(opened.owner(), opened.id(), opened.version() == 0, "#leaseRun = :lease", runId);
        try {
            giveBack.run();
        } catch (StoreUnavailableException e) {
            LOG.debugf("A lease is given back later: %s", e.getMessage());
            orphans.add(runId, giveBack);
        }
    }

    private boolean giveBack(String owner, String id, String condition, String lease) {
        return giveBack(owner, id, false, condition, lease);
    }

    /**
     * Gives a lease back, in whatever version the conversation is by now: what is given back is the lease, and a run that fails between two steps
     * does not always know which of them was stored.
     *
     * @param isNew     whether nothing had been stored when it was taken: then nothing of it stays
     * @param condition what tells this lease, {@code :lease}, from another
     * @return whether there was such a lease
     */
    private boolean giveBack(String owner, String id, boolean isNew, String condition, String lease) {
        Map<String, AttributeValue> key = ConversationItems.metaKey(owner, id);
        if (isNew) {
            String unstored = condition + " AND #version = :zero";
            try {
                table.call(dynamo -> dynamo.deleteItem(request -> request.tableName(table.name())
                        .key(key)
                        .conditionExpression(unstored)
                        .expressionAttributeNames(Expressions.names(unstored))
                        .expressionAttributeValues(Map.of(":lease", text(lease), ":zero", number(0)))
                        .overrideConfiguration(table.timeouts())));
                return true;
            } catch (ConditionalCheckFailedException e) {
                // A step was stored since, or it is not this run's any more.
            }
        }
        String update = "REMOVE #leaseRun, #leaseToken, #leaseUntil";
        try {
            table.call(dynamo -> dynamo.updateItem(request -> request.tableName(table.name())
                    .key(key)
                    .updateExpression(update)
                    .conditionExpression(condition)
                    .expressionAttributeNames(Expressions.names(update + condition))
                    .expressionAttributeValues(Map.of(":lease", text(lease)))
                    .overrideConfiguration(table.timeouts())));
            return true;
        } catch (ConditionalCheckFailedException e) {
            return false;
        }
    }
}
