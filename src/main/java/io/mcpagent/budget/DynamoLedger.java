package io.mcpagent.budget;

import static io.mcpagent.conversation.DynamoTable.number;
import static io.mcpagent.conversation.DynamoTable.text;

import io.mcpagent.conversation.DynamoTable;
import io.mcpagent.conversation.Expressions;
import io.mcpagent.conversation.StoreUnavailableException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * A ledger in DynamoDB, shared by all tasks: one item an account, with its counters and the ids of the reservations that are open. With them
 * every step counts once, however often it is sent. One account is counted by a plain update, which never conflicts with another; several by a
 * transaction.
 */
final class DynamoLedger implements Ledger {

    private static final String SORT_KEY = "balance";
    private static final int MOST_TRIES = 20;

    private static final String FRESH = "#expiresAt > :now";

    private final DynamoTable table;
    private final InstantSource clock;

    DynamoLedger(DynamoTable table, InstantSource clock) {
        this.table = table;
        this.clock = clock;
    }

    @Override
    public Optional<Refusal> reserve(String id, Amount amount, List<BudgetAccount> accounts) {
        // What does not fit into an empty account needs no request.
        Optional<Refusal> tooLarge = accounts.stream()
                .flatMap(account -> refusal(Map.of(), amount, account).stream())
                .findFirst();
        if (tooLarge.isPresent()) {
            return tooLarge;
        }
        Set<String> expired = new HashSet<>();
        List<BudgetAccount> left = accounts;
        for (int i = 0; i < MOST_TRIES; i++) {
            List<Map<String, AttributeValue>> failed = write(left.stream()
                    .map(account ->
                            expired.contains(account.name()) ? restart(id, amount, account) : add(id, amount, account))
                    .toList());
            if (failed.isEmpty()) {
                return Optional.empty();
            }
            List<BudgetAccount> next = new ArrayList<>();
            for (int n = 0; n < left.size(); n++) {
                BudgetAccount account = left.get(n);
                Map<String, AttributeValue> balance = failed.get(n);
                if (balance != null && isOpen(balance, id)) {
                    continue;
                }
                next.add(account);
                if (balance != null && !isFresh(balance)) {
                    expired.add(account.name());
                } else if (balance != null) {
                    expired.remove(account.name());
                    Optional<Refusal> refusal = refusal(balance, amount, account);
                    if (refusal.isPresent()) {
                        return refusal;
                    }
                }
            }
            if (next.isEmpty()) {
                return Optional.empty();
            }
            left = next;
        }
        throw new StoreUnavailableException("an account changes all the time");
    }

    private static Optional<Refusal> refusal(
            Map<String, AttributeValue> balance, Amount amount, BudgetAccount account) {
        if (number(balance, "dollars") > account.limit().microDollars() - amount.microDollars()) {
            return Optional.of(new Refusal(account.name(), true));
        }
        if (number(balance, "tokens") > account.limit().tokens() - amount.tokens()) {
            return Optional.of(new Refusal(account.name(), false));
        }
        return Optional.empty();
    }

    /** Adds to an account that is new or still counts. */
    private Update add(String id, Amount amount, BudgetAccount account) {
        Map<String, AttributeValue> values = values(id, amount, account);
        values.put(":dollarsLeft", number(account.limit().microDollars() - amount.microDollars()));
        values.put(":tokensLeft", number(account.limit().tokens() - amount.tokens()));
        return update(
                account.name(),
                "SET #expiresAt = :expiresAt ADD #dollars :dollars, #tokens :tokens, #open :id",
                "attribute_not_exists(#pk) OR (" + FRESH + " AND #dollars <= :dollarsLeft AND #tokens <= :tokensLeft"
                        + " AND (attribute_not_exists(#open) OR NOT contains(#open, :name)))",
                values);
    }

    /** Begins anew with an account whose time is over, but which DynamoDB has not removed yet. */
    private Update restart(String id, Amount amount, BudgetAccount account) {
        Map<String, AttributeValue> values = values(id, amount, account);
        values.remove(":name");
        return update(
                account.name(),
                "SET #expiresAt = :expiresAt, #dollars = :dollars, #tokens = :tokens, #open = :id",
                "attribute_not_exists(#pk) OR #expiresAt <= :now",
                values);
    }

    private Map<String, AttributeValue> values(String id, Amount amount, BudgetAccount account) {
        Map<String, AttributeValue> values = new HashMap<>();
        values.put(":dollars", number(amount.microDollars()));
        values.put(":tokens", number(amount.tokens()));
        values.put(":id", AttributeValue.fromSs(List.of(id)));
        values.put(":name", text(id));
        values.put(":now", now());
        values.put(":expiresAt", number(account.expires().getEpochSecond()));
        return values;
    }

    @Override
    public void settle(String id, Amount reserved, Amount used, List<BudgetAccount> accounts) {
        Amount difference = used.minus(reserved);
        List<BudgetAccount> open = new ArrayList<>(accounts);
        for (int i = 0; i < MOST_TRIES && !open.isEmpty(); i++) {
            List<Map<String, AttributeValue>> failed = write(open.stream()
                    .map(account -> replace(id, difference, account))
                    .toList());
            if (failed.isEmpty()) {
                return;
            }
            for (int n = open.size() - 1; n >= 0; n--) {
                // There the reservation is not open, or not any more: the others are settled without it.
                if (failed.get(n) != null) {
                    open.remove(n);
                }
            }
        }
    }

    private Update replace(String id, Amount difference, BudgetAccount account) {
        return update(
                account.name(),
                "ADD #dollars :dollars, #tokens :tokens DELETE #open :id",
                "contains(#open, :name)",
                new HashMap<>(Map.of(
                        ":dollars",
                        number(difference.microDollars()),
                        ":tokens",
                        number(difference.tokens()),
                        ":id",
                        AttributeValue.fromSs(List.of(id)),
                        ":name",
                        text(id))));
    }

    @Override
    public Amount balance(String account) {
        Map<String, AttributeValue> balance = table.get(key(account));
        return balance.isEmpty() || !isFresh(balance)
                ? Amount.ZERO
                : new Amount(number(balance, "dollars"), number(balance, "tokens"));
    }

    private static boolean isOpen(Map<String, AttributeValue> balance, String id) {
        return balance.containsKey("open") && balance.get("open").ss().contains(id);
    }

    private boolean isFresh(Map<String, AttributeValue> balance) {
        return number(balance, DynamoTable.EXPIRES_AT) > clock.instant().getEpochSecond();
    }

    private AttributeValue now() {
        return number(clock.instant().getEpochSecond());
    }

    /** Writes all or none. Gives nothing if it did, else for each update its item where the condition did not hold, and null where it did. */
    private List<Map<String, AttributeValue>> write(List<Update> updates) {
        try {
            if (updates.size() == 1) {
                writeOne(updates.getFirst());
            } else {
                table.transact(updates.stream()
                        .map(update ->
                                TransactWriteItem.builder().update(update).build())
                        .toList());
            }
            return List.of();
        } catch (ConditionalCheckFailedException e) {
            return List.of(e.hasItem() ? e.item() : Map.of());
        } catch (TransactionCanceledException e) {
            List<Map<String, AttributeValue>> failed = new ArrayList<>();
            e.cancellationReasons()
                    .forEach(reason ->
                            failed.add("ConditionalCheckFailed".equals(reason.code()) ? reason.item() : null));
            return failed;
        }
    }

    private void writeOne(Update update) {
        table.call(dynamo -> dynamo.updateItem(request -> request.tableName(update.tableName())
                .key(update.key())
                .updateExpression(update.updateExpression())
                .conditionExpression(update.conditionExpression())
                .expressionAttributeNames(update.expressionAttributeNames())
                .expressionAttributeValues(update.expressionAttributeValues())
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .overrideConfiguration(table.timeouts())));
    }

    private Update update(String account, String expression, String condition, Map<String, AttributeValue> values) {
        return Update.builder()
                .tableName(table.name())
                .key(key(account))
                .updateExpression(expression)
                .conditionExpression(condition)
                .expressionAttributeNames(Expressions.names(expression + " " + condition))
                .expressionAttributeValues(values)
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .build();
    }

    private static Map<String, AttributeValue> key(String account) {
        return DynamoTable.key("account#" + account, SORT_KEY);
    }
}
