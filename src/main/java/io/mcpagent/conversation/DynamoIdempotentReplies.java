package io.mcpagent.conversation;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.optionalText;
import static io.mcpagent.conversation.DynamoTable.text;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/** Idempotent replies in DynamoDB: one item a key, in a partition of its own. They outlive the conversation that they belong to. */
final class DynamoIdempotentReplies implements IdempotentReplies {

    private static final Logger LOG = Logger.getLogger(DynamoIdempotentReplies.class);

    private static final Duration KEPT = Duration.ofHours(24);
    private static final String SORT_KEY = "reply";
    private static final String HASH = "requestHash";
    private static final String ENDS_AT = "endsAt";
    private static final String RUN = "run";

    /** Tells a claim from a later one of the same run, so that giving back the one does not take the other away. */
    private static final String TOKEN = "token";

    private static final String BODY = "body";

    /** When the run that has stored an answer, and may give another, has died if it has not. */
    private static final String RUN_ENDS_AT = "runEndsAt";

    private static final String FREE = "attribute_not_exists(#pk) OR #endsAt <= :now";

    /** How often a claim is tried again that one which nobody holds was in the way of. */
    private static final int MOST_TRIES = 3;

    private final OrphanedLeases orphans = new OrphanedLeases();
    private final DynamoTable table;
    private final InstantSource clock;

    DynamoIdempotentReplies(DynamoTable table, InstantSource clock) {
        this.table = table;
        this.clock = clock;
    }

    @Override
    public Claim claim(String owner, String key, String requestHash, String runId, Duration lease) {
        String token = UUID.randomUUID().toString();
        try {
            for (int i = 0; i < MOST_TRIES; i++) {
                Map<String, AttributeValue> known = claim(owner, key, requestHash, runId, token, lease);
                if (known.isEmpty()) {
                    return new Claim.Claimed();
                }
                if (!isOrphan(known)) {
                    return claimOf(known, requestHash);
                }
            }
            return new Claim.Running();
        } catch (StoreUnavailableException e) {
            // Perhaps the key was claimed all the same, and only the answer was lost.
            orphans.add(token, () -> giveBack(owner, key, "#token = :claim", token));
            throw e;
        }
    }

    /** Claims a key that is free, or claimed by this very run. Gives an empty map if it did, else what is known of the key. */
    private Map<String, AttributeValue> claim(
            String owner, String key, String requestHash, String runId, String token, Duration lease) {
        Instant now = clock.instant();
        Map<String, AttributeValue> item = item(owner, key, requestHash, now.plus(lease));
        item.put(RUN, text(runId));
        item.put(TOKEN, text(token));
        String condition = FREE + " OR (#requestHash = :hash AND #run = :run AND attribute_not_exists(#body))";
        PutItemRequest request = PutItemRequest.builder()
                .tableName(table.name())
                .item(item)
                .conditionExpression(condition)
                .expressionAttributeNames(Expressions.names(condition))
                .expressionAttributeValues(
                        Map.of(":now", number(now.toEpochMilli()), ":hash", text(requestHash), ":run", text(runId)))
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .overrideConfiguration(table.timeouts())
                .build();
        try {
            table.call(dynamo -> dynamo.putItem(request));
            return Map.of();
        } catch (ConditionalCheckFailedException e) {
            return e.item();
        }
    }

    /** Whether the claim was one that nobody holds; then it was given back. */
    private boolean isOrphan(Map<String, AttributeValue> known) {
        return Stream.of(TOKEN, RUN)
                .map(name -> optionalText(known, name))
                .anyMatch(name -> name != null && orphans.giveBackNow(name));
    }

    private Claim claimOf(Map<String, AttributeValue> known, String requestHash) {
        if (!requestHash.equals(optionalText(known, HASH))) {
            return new Claim.Mismatch();
        }
        AttributeValue body = known.get(BODY);
        if (body == null
                || (known.containsKey(RUN_ENDS_AT)
                        && number(known, RUN_ENDS_AT) > clock.instant().toEpochMilli())) {
            return new Claim.Running();
        }
        byte[] stored = StoredBytes.load(table, text(known, DynamoTable.PK), body.m());
        if (stored == null) {
            throw new StoreUnavailableException("a stored answer is not complete");
        }
        return new Claim.AlreadyAnswered(new String(stored, StandardCharsets.UTF_8));
    }

    @Override
    public void abandon(String owner, String key, String runId) {
        OrphanedLeases.GiveBack giveBack = () -> giveBack(owner, key, "#run = :claim", runId);
        try {
            giveBack.run();
        } catch (StoreUnavailableException e) {
            LOG.debugf("An idempotency key is given back later: %s", e.getMessage());
            orphans.add(runId, giveBack);
        }
    }

    /**
     * Frees a key that was not answered.
     *
     * @param condition what tells this claim, {@code :claim}, from another
     * @return whether there was such a claim
     */
    private boolean giveBack(String owner, String key, String condition, String claim) {
        String unanswered = condition + " AND attribute_not_exists(#body)";
        try {
            table.call(dynamo -> dynamo.deleteItem(request -> request.tableName(table.name())
                    .key(keyOf(owner, key))
                    .conditionExpression(unanswered)
                    .expressionAttributeNames(Expressions.names(unanswered))
                    .expressionAttributeValues(Map.of(":claim", text(claim)))
                    .overrideConfiguration(table.timeouts())));
            return true;
        } catch (ConditionalCheckFailedException e) {
            return false;
        }
    }

    /**
     * The write that remembers an answer, for the transaction that stores the turn. It makes that fail if a twin was answered before.
     *
     * @param goesOn whether the run may still give another; then it also fails if the key is not the run's any more
     */
    TransactWriteItem answer(Reply reply, String runId, boolean goesOn) {
        Instant now = clock.instant();
        Instant end = now.plus(KEPT);
        Map<String, AttributeValue> item = item(reply.owner(), reply.key(), reply.requestHash(), end);
        AttributeValue body = AttributeValue.fromM(StoredBytes.store(
                table,
                text(item, DynamoTable.PK),
                SORT_KEY,
                reply.body().getBytes(StandardCharsets.UTF_8),
                StoredBytes.ITEM,
                end.getEpochSecond()));
        return goesOn ? ifItDies(item, body, runId) : last(item, body, runId, now);
    }

    /** When the claim would have ended, the run has. */
    private TransactWriteItem ifItDies(Map<String, AttributeValue> item, AttributeValue body, String runId) {
        String condition = "#run = :run AND #requestHash = :hash";
        String update =
                "SET #runEndsAt = if_not_exists(#runEndsAt, #endsAt), #endsAt = :end, #expiresAt = :expires, #body = :body";
        return TransactWriteItem.builder()
                .update(change -> change.tableName(table.name())
                        .key(Map.of(DynamoTable.PK, item.get(DynamoTable.PK), DynamoTable.SK, item.get(DynamoTable.SK)))
                        .updateExpression(update)
                        .conditionExpression(condition)
                        .expressionAttributeNames(Expressions.names(update + " " + condition))
                        .expressionAttributeValues(Map.of(
                                ":run",
                                text(runId),
                                ":hash",
                                item.get(HASH),
                                ":end",
                                item.get(ENDS_AT),
                                ":expires",
                                item.get(DynamoTable.EXPIRES_AT),
                                ":body",
                                body)))
                .build();
    }

    private TransactWriteItem last(Map<String, AttributeValue> item, AttributeValue body, String runId, Instant now) {
        item.put(BODY, body);
        String condition = FREE + " OR (#requestHash = :hash AND (attribute_not_exists(#body) OR #run = :run))";
        return TransactWriteItem.builder()
                .put(Put.builder()
                        .tableName(table.name())
                        .item(item)
                        .conditionExpression(condition)
                        .expressionAttributeNames(Expressions.names(condition))
                        .expressionAttributeValues(Map.of(
                                ":now", number(now.toEpochMilli()), ":hash", item.get(HASH), ":run", text(runId)))
                        .build())
                .build();
    }

    private static Map<String, AttributeValue> item(String owner, String key, String requestHash, Instant end) {
        Map<String, AttributeValue> item = new HashMap<>(keyOf(owner, key));
        item.put(HASH, text(requestHash));
        item.put(ENDS_AT, number(end.toEpochMilli()));
        item.put(DynamoTable.EXPIRES_AT, number(end.getEpochSecond() + 1));
        return item;
    }

    private static Map<String, AttributeValue> keyOf(String owner, String key) {
        return DynamoTable.key("reply#" + DynamoTable.hash(owner) + "#" + DynamoTable.hash(key), SORT_KEY);
    }
}
