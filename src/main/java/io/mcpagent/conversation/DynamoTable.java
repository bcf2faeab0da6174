package io.mcpagent.conversation;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Sha256;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;

/**
 * The DynamoDB table of the service: partition key {@code pk} and sort key {@code sk}, both strings, and {@code expiresAt} (seconds since 1970)
 * as the attribute of its time to live. The client is made by the first call. Safe for use by many threads.
 */
public final class DynamoTable {

    public static final String PK = "pk";
    public static final String SK = "sk";
    public static final String EXPIRES_AT = "expiresAt";

    /** For one call with all its retries, and for one attempt of it: the caller is a person who waits. */
    static final Duration CALL_TIMEOUT = Duration.ofSeconds(2);

    static final Duration ATTEMPT_TIMEOUT = Duration.ofMillis(1200);

    private static final Duration WARM_UP_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration TRANSACTION_LIMIT = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
    private static final int PAUSE_DOUBLINGS = 4;
    private static final int MOST_REPETITIONS = 10;

    /** Why a transaction may be refused that succeeds a moment later. */
    private static final Set<String> PASSING =
            Set.of("None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded");

    private final Supplier<DynamoDbClient> client;
    private final String name;
    private final AwsRequestOverrideConfiguration timeouts;

    /** The table of that name. */
    public DynamoTable(Supplier<DynamoDbClient> client, String name) {
        this(client, name, CALL_TIMEOUT, ATTEMPT_TIMEOUT);
    }

    DynamoTable(Supplier<DynamoDbClient> client, String name, Duration callTimeout, Duration attemptTimeout) {
        this.client = client;
        this.name = name;
        this.timeouts = AwsRequestOverrideConfiguration.builder()
                .apiCallTimeout(callTimeout)
                .apiCallAttemptTimeout(attemptTimeout)
                .build();
    }

    /** Makes a first call, which takes its time. */
    void warmUp() {
        call(dynamo -> dynamo.getItem(request -> request.tableName(name)
                .key(key("warm-up", "warm-up"))
                .overrideConfiguration(
                        limit -> limit.apiCallTimeout(WARM_UP_TIMEOUT).apiCallAttemptTimeout(WARM_UP_TIMEOUT))));
    }

    public String name() {
        return name;
    }

    /** What every request carries: the bounds of its time. */
    public AwsRequestOverrideConfiguration timeouts() {
        return timeouts;
    }

    /**
     * Makes a call that may be repeated without harm. An interrupt neither prevents nor aborts it: a cancelled turn has to give its conversation
     * back. The interrupt is there again afterwards.
     *
     * @throws ConditionalCheckFailedException as it came
     * @throws TransactionCanceledException    as it came
     * @throws StoreUnavailableException       for everything else; whether the call had an effect is not known
     */
    public <T> T call(Function<DynamoDbClient, T> call) {
        boolean interrupted = Thread.interrupted();
        try {
            for (int attempt = 1; ; attempt++) {
                try {
                    return call.apply(client.get());
                } catch (AbortedException e) {
                    interrupted |= Thread.interrupted();
                    if (attempt == MOST_REPETITIONS) {
                        throw e;
                    }
                } catch (TransactionConflictException e) {
                    if (attempt == MOST_REPETITIONS) {
                        throw e;
                    }
                    pause(attempt);
                }
            }
        } catch (ConditionalCheckFailedException | TransactionCanceledException e) {
            throw e;
        } catch (SdkException e) {
            throw new StoreUnavailableException(
                    "the table " + name + " does not serve: " + e.getClass().getSimpleName(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Writes all items or none, once, however often it has to be sent: again after a conflict with another writer, and again, as the same
     * transaction, when no answer came.
     *
     * @throws TransactionCanceledException if a condition did not hold. When an answer was lost before, this may be because the transaction itself
     *                                      had been made: read the items to find out
     * @throws StoreUnavailableException    if it is not known to be made
     */
    public void transact(List<TransactWriteItem> writes) {
        TransactWriteItemsRequest request = TransactWriteItemsRequest.builder()
                .transactItems(writes)
                .clientRequestToken(UUID.randomUUID().toString())
                .overrideConfiguration(timeouts)
                .build();
        Deadline end = Deadline.in(TRANSACTION_LIMIT);
        for (int attempt = 1; ; attempt++) {
            try {
                call(dynamo -> dynamo.transactWriteItems(request));
                return;
            } catch (TransactionCanceledException e) {
                if (conditionFailed(e)) {
                    throw e;
                }
                if (!isPassing(e) || end.passed()) {
                    throw new StoreUnavailableException(
                            "the table " + name + " does not take a transaction: " + reasons(e), e);
                }
            } catch (StoreUnavailableException e) {
                if (end.passed()) {
                    throw e;
                }
            }
            pause(attempt);
        }
    }

    private static boolean conditionFailed(TransactionCanceledException e) {
        return e.cancellationReasons().stream().anyMatch(reason -> "ConditionalCheckFailed".equals(reason.code()));
    }

    private static boolean isPassing(TransactionCanceledException e) {
        return e.cancellationReasons().stream()
                .map(CancellationReason::code)
                .allMatch(code -> code == null || PASSING.contains(code));
    }

    private static List<String> reasons(TransactionCanceledException e) {
        return e.cancellationReasons().stream().map(CancellationReason::code).toList();
    }

    /** Waits for a random time, longer with each attempt, so that writers in each other's way come apart. */
    static void pause(int attempt) {
        long most = FIRST_PAUSE.toNanos() << Math.min(attempt - 1, PAUSE_DOUBLINGS);
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most));
    }

    /** All items of a partition whose sort key begins with {@code prefix}, strongly consistent, by their sort keys. */
    SortedMap<String, Map<String, AttributeValue>> query(String pk, String prefix) {
        SortedMap<String, Map<String, AttributeValue>> items = new TreeMap<>();
        query(pk, prefix, null, item -> items.put(text(item, SK), item));
        return items;
    }

    /** The keys of all items of a partition whose sort key begins with {@code prefix}. */
    List<Map<String, AttributeValue>> keys(String pk, String prefix) {
        List<Map<String, AttributeValue>> keys = new ArrayList<>();
        query(pk, prefix, "#pk, #sk", keys::add);
        return keys;
    }

    private void query(
            String pk, String prefix, @Nullable String projection, Consumer<Map<String, AttributeValue>> consumer) {
        Map<String, AttributeValue> from = null;
        do {
            QueryRequest request = QueryRequest.builder()
                    .tableName(name)
                    .keyConditionExpression("#pk = :pk AND begins_with(#sk, :prefix)")
                    .projectionExpression(projection)
                    .expressionAttributeNames(Map.of("#pk", PK, "#sk", SK))
                    .expressionAttributeValues(Map.of(":pk", text(pk), ":prefix", text(prefix)))
                    .consistentRead(true)
                    .exclusiveStartKey(from)
                    .overrideConfiguration(timeouts)
                    .build();
            QueryResponse page = call(dynamo -> dynamo.query(request));
            page.items().forEach(consumer);
            from = page.hasLastEvaluatedKey() && !page.lastEvaluatedKey().isEmpty() ? page.lastEvaluatedKey() : null;
        } while (from != null);
    }

    /** An item, strongly consistent; empty if it is absent. */
    public Map<String, AttributeValue> get(Map<String, AttributeValue> key) {
        return call(dynamo -> dynamo.getItem(request ->
                        request.tableName(name).key(key).consistentRead(true).overrideConfiguration(timeouts)))
                .item();
    }

    void put(Map<String, AttributeValue> item) {
        call(dynamo ->
                dynamo.putItem(request -> request.tableName(name).item(item).overrideConfiguration(timeouts)));
    }

    /** The key of an item. */
    public static Map<String, AttributeValue> key(String pk, String sk) {
        return Map.of(PK, text(pk), SK, text(sk));
    }

    public static AttributeValue text(String value) {
        return AttributeValue.fromS(value);
    }

    public static AttributeValue number(long value) {
        return AttributeValue.fromN(Long.toString(value));
    }

    /** A number of an item; 0 if it has none of that name. */
    public static long number(Map<String, AttributeValue> item, String attribute) {
        AttributeValue value = item.get(attribute);
        return value == null ? 0 : Long.parseLong(value.n());
    }

    /**
     * A text that an item always has.
     *
     * @throws IllegalStateException if this one does not
     */
    static String text(Map<String, AttributeValue> item, String attribute) {
        String text = optionalText(item, attribute);
        if (text == null) {
            throw new IllegalStateException("a stored item has no " + attribute);
        }
        return text;
    }

    /** A text of an item; null if it has none of that name. */
    static @Nullable String optionalText(Map<String, AttributeValue> item, String attribute) {
        AttributeValue value = item.get(attribute);
        return value == null ? null : value.s();
    }

    /** A form of what comes from outside that has one length, fits into a key, imitates no other key and tells nothing of a person. */
    static String hash(String value) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Sha256.of(value));
    }
}
