package io.mcpagent.audit;

import io.mcpagent.conversation.DynamoTable;
import io.mcpagent.conversation.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/**
 * Records in a DynamoDB table of their own, which this process can only put new items into and query. An item has the records that were added
 * together: {@code pk} is their day, {@code sk} the time and the place of the first of them, {@code lines} the records.
 */
final class DynamoAuditStore implements AuditStore {

    private static final String LINES = "lines";
    private static final String DAY = "day#";
    /** How many days without records a page looks at. */
    private static final int MOST_DAYS = 50;

    private final DynamoTable table;
    private final Duration ttl;

    /** @param ttl how long records are kept */
    DynamoAuditStore(DynamoTable table, Duration ttl) {
        this.table = table;
        this.ttl = ttl;
    }

    @Override
    public void append(List<AuditRecord> records) {
        AuditRecord first = records.getFirst();
        Map<String, AttributeValue> item = new HashMap<>(DynamoTable.key(
                DAY + day(first.time()),
                "%s#%s#%012d".formatted(AuditRecord.written(first.time()), first.chain(), first.sequence())));
        item.put(
                LINES,
                AttributeValue.fromL(records.stream()
                        .map(record -> DynamoTable.text(record.line()))
                        .toList()));
        item.put(
                DynamoTable.EXPIRES_AT,
                DynamoTable.number(records.getLast().time().plus(ttl).getEpochSecond()));
        try {
            table.call(dynamo -> dynamo.putItem(request -> request.tableName(table.name())
                    .item(item)
                    .conditionExpression("attribute_not_exists(pk)")
                    .overrideConfiguration(table.timeouts())));
        } catch (ConditionalCheckFailedException e) {
            // Perhaps it was us, and the answer was lost.
            if (!isStored(item)) {
                throw new StoreUnavailableException("another record is where this one belongs", e);
            }
        }
    }

    private boolean isStored(Map<String, AttributeValue> item) {
        return table
                .call(dynamo -> dynamo.query(request -> request.tableName(table.name())
                        .keyConditionExpression("pk = :pk AND sk = :sk")
                        .expressionAttributeValues(
                                Map.of(":pk", item.get(DynamoTable.PK), ":sk", item.get(DynamoTable.SK)))
                        .consistentRead(true)
                        .overrideConfiguration(table.timeouts())))
                .items()
                .stream()
                .anyMatch(stored -> Objects.equals(stored.get(LINES), item.get(LINES)));
    }

    @Override
    public Page page(Instant from, Instant to, @Nullable String after, int most) {
        List<AuditRecord> records = new ArrayList<>();
        String low = after == null ? AuditRecord.written(from) : after + " ";
        String high = AuditRecord.written(to) + "~";
        LocalDate day = LocalDate.parse(low.substring(0, "uuuu-MM-dd".length()));
        for (int i = 0; i < MOST_DAYS; i++, day = day.plusDays(1)) {
            if (day.isAfter(day(to))) {
                return new Page(records, null);
            }
            String next = query(day, low, high, most - records.size(), records);
            if (next != null) {
                return new Page(records, next);
            }
            low = day.plusDays(1).toString();
        }
        return new Page(records, low);
    }

    private @Nullable String query(LocalDate day, String low, String high, int most, List<AuditRecord> records) {
        QueryResponse page = table.call(dynamo -> dynamo.query(request -> request.tableName(table.name())
                .keyConditionExpression("pk = :pk AND sk BETWEEN :low AND :high")
                .expressionAttributeValues(Map.of(
                        ":pk",
                        DynamoTable.text(DAY + day),
                        ":low",
                        DynamoTable.text(low),
                        ":high",
                        DynamoTable.text(high)))
                .consistentRead(true)
                .limit(Math.max(1, most))
                .overrideConfiguration(table.timeouts())));
        for (Map<String, AttributeValue> item : page.items()) {
            for (AttributeValue line : Objects.requireNonNull(item.get(LINES)).l()) {
                AuditRecord record = AuditRecord.read(line.s());
                // An unreadable record is not skipped: verification must find it.
                records.add(record == null ? new AuditRecord("", 0, Instant.EPOCH, "", line.s() + "?", "") : record);
            }
        }
        return page.hasLastEvaluatedKey() && !page.lastEvaluatedKey().isEmpty()
                ? Objects.requireNonNull(page.lastEvaluatedKey().get(DynamoTable.SK))
                        .s()
                : null;
    }

    private static LocalDate day(Instant time) {
        return time.atZone(ZoneOffset.UTC).toLocalDate();
    }
}
