package io.mcpagent.conversation;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.text;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/** Idempotent replies in DynamoDB: one item a key, in a partition of its own. They outlive the conversation that they belong to. */
final class DynamoIdempotentReplies implements IdempotentReplies {

    private static final Duration KEPT = Duration.ofHours(24);
    private static final String SORT_KEY = "reply";
    private static final String HASH = "requestHash";
    private static final String ENDS_AT = "endsAt";
    private static final String ATTEMPT = "attempt";
    private static final String BODY = "body";

    private static final String FREE = "attribute_not_exists(#pk) OR #endsAt <= :now";

    private final DynamoTable table;
    private final InstantSource clock;

    DynamoIdempotentReplies(DynamoTable table, InstantSource clock) {
        this.table = table;
        this.clock = clock;
    }

    @Override
    public Claim claim(String owner, String key, String requestHash, Duration lease) {
        Instant now = clock.instant();
        String attempt = UUID.randomUUID().toString();
        Map<String, AttributeValue> item = item(owner, key, requestHash, now.plus(lease));
        item.put(ATTEMPT, text(attempt));
        PutItemRequest request = PutItemRequest.builder()
                .tableName(table.name())
                .item(item)
                .conditionExpression(FREE)
                .expressionAttributeNames(Map.of("#pk", DynamoTable.PK, "#endsAt", ENDS_AT))
                .expressionAttributeValues(Map.of(":now", number(now.toEpochMilli())))
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .overrideConfiguration(table.timeouts())
                .build();
        try {
            table.call(dynamo -> dynamo.putItem(request));
            return new Claim.Claimed();
        } catch (ConditionalCheckFailedException e) {
            return claimOf(e.item(), requestHash, attempt);
        }
    }

    private Claim claimOf(Map<String, AttributeValue> known, String requestHash, String attempt) {
        if (attempt.equals(text(known, ATTEMPT))) {
            // The first answer to this very claim was lost.
            return new Claim.Claimed();
        }
        if (!requestHash.equals(text(known, HASH))) {
            return new Claim.Mismatch();
        }
        AttributeValue body = known.get(BODY);
        if (body == null) {
            return new Claim.Running();
        }
        byte[] stored = StoredBytes.load(table, text(known, DynamoTable.PK), body.m());
        if (stored == null) {
            throw new StoreUnavailableException("a stored answer is not complete");
        }
        return new Claim.Answered(new String(stored, StandardCharsets.UTF_8));
    }

    @Override
    public void abandon(String owner, String key) {
        try {
            table.call(dynamo -> dynamo.deleteItem(request -> request.tableName(table.name())
                    .key(keyOf(owner, key))
                    .conditionExpression("attribute_not_exists(#body)")
                    .expressionAttributeNames(Map.of("#body", BODY))
                    .overrideConfiguration(table.timeouts())));
        } catch (ConditionalCheckFailedException answered) {
            // It stays.
        }
    }

    /** The write that remembers an answer, for the transaction that stores the turn. A twin that was answered before makes it fail. */
    TransactWriteItem answer(Reply reply) {
        Instant now = clock.instant();
        Instant end = now.plus(KEPT);
        Map<String, AttributeValue> item = item(reply.owner(), reply.key(), reply.requestHash(), end);
        item.put(
                BODY,
                AttributeValue.fromM(StoredBytes.store(
                        table,
                        text(item, DynamoTable.PK),
                        SORT_KEY,
                        reply.body().getBytes(StandardCharsets.UTF_8),
                        StoredBytes.ITEM,
                        end.getEpochSecond())));
        return TransactWriteItem.builder()
                .put(Put.builder()
                        .tableName(table.name())
                        .item(item)
                        .conditionExpression(FREE + " OR (#hash = :hash AND attribute_not_exists(#body))")
                        .expressionAttributeNames(
                                Map.of("#pk", DynamoTable.PK, "#endsAt", ENDS_AT, "#hash", HASH, "#body", BODY))
                        .expressionAttributeValues(
                                Map.of(":now", number(now.toEpochMilli()), ":hash", text(reply.requestHash())))
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
