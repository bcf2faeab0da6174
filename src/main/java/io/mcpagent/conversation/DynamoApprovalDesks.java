package io.mcpagent.conversation;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.text;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** Desks in DynamoDB, shared by all tasks: an item in the partition of each desk, and one that has the call's id. They expire with the call. */
final class DynamoApprovalDesks implements ApprovalDesks {

    /** Clocks differ, so the reader leaves out what is too late. */
    private static final Duration GRACE = Duration.ofHours(1);

    private static final String OWNER = "owner";
    private static final String CONVERSATION = "conversation";
    private static final String CALL = "call";
    private static final String UNTIL = "until";
    private static final String BY_ID = "id";

    private final DynamoTable table;
    private final InstantSource clock;

    DynamoApprovalDesks(DynamoTable table, InstantSource clock) {
        this.table = table;
        this.clock = clock;
    }

    @Override
    public void add(Collection<String> desks, AskedCall call) {
        for (String desk : desks) {
            table.put(item(DynamoTable.key(partition(desk), call.place()), call));
        }
        table.put(item(DynamoTable.key("approval#" + call.id(), BY_ID), call));
    }

    private static String partition(String desk) {
        return "approvals#" + DynamoTable.hash(desk);
    }

    private static Map<String, AttributeValue> item(Map<String, AttributeValue> key, AskedCall call) {
        Map<String, AttributeValue> item = new HashMap<>(key);
        item.put(OWNER, text(call.owner()));
        item.put(CONVERSATION, text(call.conversationId()));
        item.put(CALL, text(call.callId()));
        item.put(UNTIL, number(call.until().toEpochMilli()));
        item.put(DynamoTable.EXPIRES_AT, number(call.until().plus(GRACE).getEpochSecond()));
        return item;
    }

    private static AskedCall call(Map<String, AttributeValue> item) {
        return new AskedCall(
                text(item, OWNER),
                text(item, CONVERSATION),
                text(item, CALL),
                Instant.ofEpochMilli(number(item, UNTIL)));
    }

    @Override
    public Optional<AskedCall> find(String id) {
        Map<String, AttributeValue> item = table.get(DynamoTable.key("approval#" + id, BY_ID));
        return item.isEmpty()
                ? Optional.empty()
                : Optional.of(call(item)).filter(call -> clock.instant().isBefore(call.until()));
    }

    @Override
    public AskedCalls page(Collection<String> desks, @Nullable String after, int atMost) {
        String now = "%015d".formatted(clock.millis());
        String from = after == null || after.compareTo(now) < 0 ? now : after;
        TreeMap<String, AskedCall> found = new TreeMap<>();
        for (String desk : desks) {
            QueryRequest request = QueryRequest.builder()
                    .tableName(table.name())
                    .keyConditionExpression("#pk = :pk AND #sk > :from")
                    .expressionAttributeNames(Expressions.names("#pk#sk"))
                    .expressionAttributeValues(Map.of(":pk", text(partition(desk)), ":from", text(from)))
                    .limit(atMost)
                    .consistentRead(true)
                    .overrideConfiguration(table.timeouts())
                    .build();
            table.call(dynamo -> dynamo.query(request)).items().stream()
                    .map(DynamoApprovalDesks::call)
                    .forEach(call -> found.put(call.place(), call));
        }
        List<AskedCall> first = found.values().stream().limit(atMost).toList();
        return new AskedCalls(
                first, first.size() < atMost ? null : first.getLast().place());
    }
}
