package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.conversation.Conversations.Change;
import io.mcpagent.conversation.IdempotentReplies.Claim;
import io.mcpagent.conversation.IdempotentReplies.Reply;
import io.mcpagent.support.Await;
import io.mcpagent.support.TcpProxy;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** The contract on a DynamoDB, and what only concerns its table. */
abstract class DynamoConversationsContract extends ConversationsContract {

    DynamoTable table;

    abstract DynamoDbClient client();

    abstract int port();

    @Override
    void makeStores() {
        table = DynamoTables.table(client());
        makeStoresOn(table);
    }

    private void makeStoresOn(DynamoTable table) {
        DynamoIdempotentReplies dynamo = new DynamoIdempotentReplies(table, clock);
        replies = dynamo;
        conversations = new DynamoConversations(table, dynamo, TTL, clock);
    }

    @Override
    int changes() {
        return 500;
    }

    @Override
    int pauseNanos() {
        return 50_000_000;
    }

    /** The same table through a proxy. */
    private void goThrough(TcpProxy proxy, Duration callTimeout, Duration attemptTimeout) {
        DynamoDbClient proxied = DynamoTables.client(URI.create("http://127.0.0.1:" + proxy.port()));
        DynamoTable through = new DynamoTable(() -> proxied, table.name(), callTimeout, attemptTimeout);
        DynamoIdempotentReplies dynamo = new DynamoIdempotentReplies(through, clock);
        replies = dynamo;
        conversations = new DynamoConversations(through, dynamo, TTL, clock);
    }

    /** Makes a call, whose answers get lost until it shows in the table that it had its effect. */
    private <T> T withLostAnswer(Supplier<T> call, Callable<Boolean> effect) throws Exception {
        try (TcpProxy proxy = TcpProxy.to(port());
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            goThrough(proxy, Duration.ofMinutes(5), Duration.ofSeconds(60));
            proxy.dropResponses();
            Future<T> result = executor.submit(call::get);
            Await.until("the call to have its effect", effect);
            assertFalse(result.isDone());
            proxy.pass();
            proxy.resetConnections();
            return result.get();
        }
    }

    @Test
    void should_neither_lose_nor_double_a_turn_when_the_answer_to_its_save_gets_lost() throws Exception {
        String run = run();
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        Map<String, AttributeValue> key = ConversationItems.metaKey(ANN, opened.id());
        Conversation saved = withLostAnswer(
                () -> conversations.save(
                        opened,
                        run,
                        Change.finished(Samples.turn(run, "once"), new Reply(ANN, "key", "hash", "answer"))),
                () -> DynamoTable.number(table.get(key), "version") == 1);
        assertEquals(1, saved.version());
        makeStoresOn(table);
        assertEquals(saved, conversations.find(ANN, opened.id()).orElseThrow());
        assertEquals(new Claim.AlreadyAnswered("answer"), claim(ANN, "key", "hash"));
    }

    @Test
    void should_know_its_save_again_though_another_run_came_after_it() throws Exception {
        String run = run();
        String other = run();
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        Map<String, AttributeValue> key = ConversationItems.metaKey(ANN, opened.id());
        Conversations direct = conversations;
        Conversation saved = withLostAnswer(
                () -> conversations.save(opened, run, Change.finished(Samples.turn(run, "once"), null)), () -> {
                    if (DynamoTable.number(table.get(key), "version") == 1) {
                        direct.save(
                                direct.open(ANN, opened.id(), false, other, LEASE),
                                other,
                                Change.finished(Samples.turn(other, "next"), null));
                    }
                    return DynamoTable.number(table.get(key), "version") == 2;
                });
        assertEquals(List.of("once"), Samples.questions(saved));
        assertEquals(
                List.of("once", "next"),
                Samples.questions(direct.find(ANN, opened.id()).orElseThrow()));
    }

    @Test
    void should_not_be_busy_with_itself_when_the_answer_to_an_open_gets_lost() throws Exception {
        String id = stored(ANN, "one");
        String run = run();
        Conversation opened = withLostAnswer(
                () -> conversations.open(ANN, id, false, run, LEASE),
                () -> table.get(ConversationItems.metaKey(ANN, id)).containsKey("leaseRun"));
        assertEquals(List.of("one"), Samples.questions(opened));
        String creating = run();
        Conversation created = withLostAnswer(
                () -> conversations.open(ANN, null, false, creating, LEASE),
                () -> items().stream().anyMatch(item -> creating.equals(DynamoTable.optionalText(item, "leaseRun"))));
        makeStoresOn(table);
        assertEquals(
                1,
                conversations
                        .save(created, creating, Change.finished(Samples.turn(creating, "q"), null))
                        .version());
    }

    @Test
    void should_have_claimed_when_the_answer_to_the_claim_gets_lost() throws Exception {
        assertEquals(new Claim.Claimed(), withLostAnswer(() -> claim(ANN, "key", "hash"), () -> !items().isEmpty()));
        makeStoresOn(table);
        assertEquals(new Claim.Running(), claim(ANN, "key", "hash"));
    }

    /** Calls the store until it gives up, while each answer is cut off; what it asked for happened. */
    private void assertUnansweredThenGoOn(TcpProxy proxy, Executable call) {
        goThrough(proxy, Duration.ofSeconds(60), Duration.ofSeconds(60));
        proxy.cutResponsesAfter(1, TcpProxy.Ending.RST);
        assertThrows(StoreUnavailableException.class, call);
        proxy.pass();
    }

    @Test
    void should_open_again_at_once_when_no_answer_came_to_the_first_open() {
        String id = stored(ANN, "one");
        try (TcpProxy proxy = TcpProxy.to(port())) {
            assertUnansweredThenGoOn(proxy, () -> conversations.open(ANN, id, false, run(), LEASE));
            assertEquals(1, conversations.open(ANN, id, false, run(), LEASE).version());
            assertUnansweredThenGoOn(proxy, () -> conversations.open(ANN, "chosen", true, run(), LEASE));
            assertEquals(
                    0, conversations.open(ANN, "chosen", true, run(), LEASE).version());
        }
    }

    @Test
    void should_give_back_what_an_open_without_an_answer_has_taken() {
        String id = stored(ANN, "one");
        Conversations otherTask = conversations;
        try (TcpProxy proxy = TcpProxy.to(port())) {
            assertUnansweredThenGoOn(proxy, () -> conversations.open(ANN, id, false, run(), LEASE));
            awaitFree(otherTask, id);
        }
    }

    @Test
    void should_give_back_what_an_open_takes_after_it_was_given_up() {
        String id = stored(ANN, "one");
        Conversations otherTask = conversations;
        try (TcpProxy proxy = TcpProxy.to(port())) {
            goThrough(proxy, DynamoTable.CALL_TIMEOUT, DynamoTable.ATTEMPT_TIMEOUT);
            proxy.delayRequests(Duration.ofMillis(3_500));
            assertThrows(StoreUnavailableException.class, () -> conversations.open(ANN, id, false, run(), LEASE));
            proxy.pass();
            try {
                Await.until(
                        "the late lease",
                        Duration.ofSeconds(10),
                        () -> table.get(ConversationItems.metaKey(ANN, id)).containsKey("leaseRun"));
            } catch (AssertionError e) {
                // It was given back between two looks.
            }
            awaitFree(otherTask, id);
        }
    }

    @Test
    void should_give_back_later_what_could_not_be_given_back_at_once() {
        String id = stored(ANN, "one");
        Conversations otherTask = conversations;
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        replies.claim(ANN, "key", "hash", run, LEASE);
        try (TcpProxy proxy = TcpProxy.to(port())) {
            goThrough(proxy, Duration.ofSeconds(60), Duration.ofSeconds(60));
            proxy.refuse();
            conversations.release(opened, run);
            replies.abandon(ANN, "key", run);
            proxy.pass();
            awaitFree(otherTask, id);
            makeStoresOn(table);
            Await.until(
                    "the key to be free",
                    Duration.ofSeconds(40),
                    () -> claim(ANN, "key", "hash").equals(new Claim.Claimed()));
        }
    }

    /** Whether another task gets the conversation long before the lease of the run that lost it has passed. */
    private static void awaitFree(Conversations otherTask, String id) {
        Await.until("the conversation to be free", Duration.ofSeconds(40), () -> {
            try {
                otherTask.open(ANN, id, false, run(), LEASE);
                return true;
            } catch (ConversationBusyException e) {
                return false;
            }
        });
    }

    @Test
    void should_claim_again_at_once_when_no_answer_came_to_the_first_claim() {
        try (TcpProxy proxy = TcpProxy.to(port())) {
            assertUnansweredThenGoOn(proxy, () -> claim(ANN, "key", "hash"));
            assertEquals(new Claim.Claimed(), claim(ANN, "key", "hash"));
        }
    }

    @Test
    void should_give_back_what_a_claim_without_an_answer_has_taken() {
        IdempotentReplies otherTask = replies;
        try (TcpProxy proxy = TcpProxy.to(port())) {
            assertUnansweredThenGoOn(proxy, () -> claim(ANN, "key", "hash"));
            replies = otherTask;
            Await.until(
                    "the key to be free",
                    Duration.ofSeconds(40),
                    () -> claim(ANN, "key", "hash").equals(new Claim.Claimed()));
        }
    }

    /** A lease that ends between the moment that its condition is compared with and the moment its refusal arrives. */
    @Test
    void should_be_busy_and_not_absent_when_the_lease_ends_while_the_store_is_asked() {
        String id = stored(ANN, "one");
        conversations.open(ANN, id, false, run(), LEASE);
        conversations.open(ANN, "chosen", true, run(), LEASE);
        clock.advance(LEASE);
        Conversations moving = new DynamoConversations(table, new DynamoIdempotentReplies(table, clock), TTL, () -> {
            Instant now = clock.instant();
            clock.advance(Duration.ofMillis(1));
            return now;
        });
        assertThrows(ConversationBusyException.class, () -> moving.open(ANN, id, false, run(), LEASE));
        assertEquals(1, moving.open(ANN, id, false, run(), LEASE).version());
    }

    @Test
    void should_open_a_conversation_of_which_an_item_expires_meanwhile() {
        String id = stored(ANN, "one", "two");
        clock.advance(TTL.dividedBy(2));
        ExecutionInterceptor expiring = new ExecutionInterceptor() {
            @Override
            public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
                if (context.request() instanceof UpdateItemRequest update
                        && update.updateExpression().startsWith("SET #expiresAt")) {
                    client().deleteItem(delete -> delete.tableName(table.name()).key(update.key()));
                }
            }
        };
        try (DynamoDbClient client = DynamoTables.client(URI.create("http://127.0.0.1:" + port()), expiring)) {
            makeStoresOn(new DynamoTable(() -> client, table.name(), Duration.ofSeconds(60), Duration.ofSeconds(60)));
            String run = run();
            Conversation opened = conversations.open(ANN, id, false, run, LEASE);
            assertEquals(List.of("one", "two"), Samples.questions(opened));
            conversations.save(opened, run, Change.finished(Samples.turn(run, "three"), null));
        }
        makeStoresOn(table);
        assertEquals(
                List.of("one", "two", "three"),
                Samples.questions(conversations.find(ANN, id).orElseThrow()));
    }

    @Test
    void should_say_within_seconds_that_the_store_does_not_answer() {
        String id = stored(ANN, "one");
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        try (TcpProxy proxy = TcpProxy.to(port())) {
            goThrough(proxy, DynamoTable.CALL_TIMEOUT, DynamoTable.ATTEMPT_TIMEOUT);
            proxy.hang();
            assertUnavailable(() -> conversations.find(ANN, id));
            assertUnavailable(() -> conversations.open(ANN, null, false, run(), LEASE));
            assertUnavailable(() -> conversations.save(opened, run, Change.finished(Samples.turn(run, "q"), null)));
            proxy.refuse();
            proxy.resetConnections();
            assertUnavailable(() -> conversations.list(ANN, 10));
            assertUnavailable(() -> claim(ANN, "key", "hash"));
        }
        makeStoresOn(table);
        assertEquals(
                List.of("one"), Samples.questions(conversations.find(ANN, id).orElseThrow()));
    }

    /** Within a bound that a busy machine keeps, and the SDK's own limits, if ours did not count, would not. */
    private static void assertUnavailable(Executable call) {
        long start = System.nanoTime();
        assertThrows(StoreUnavailableException.class, call);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(took.compareTo(Duration.ofSeconds(30)) < 0, "took " + took);
    }

    @Test
    void should_say_that_a_missing_table_does_not_serve() {
        makeStoresOn(new DynamoTable(this::client, "absent", Duration.ofSeconds(60), Duration.ofSeconds(60)));
        assertThrows(StoreUnavailableException.class, () -> conversations.find(ANN, "id"));
    }

    private List<Map<String, AttributeValue>> items() {
        List<Map<String, AttributeValue>> items = new ArrayList<>();
        client().scanPaginator(scan -> scan.tableName(table.name())).items().forEach(items::add);
        return items;
    }

    @Test
    void should_leave_nothing_of_a_deleted_conversation() {
        String id = stored(ANN, "one", "two");
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        conversations.save(
                opened, run, Change.finished(Samples.turn(run, "large", Samples.noise(new Random(1), 700_000)), null));
        assertTrue(items().size() > 5);
        assertTrue(conversations.delete(ANN, id));
        assertEquals(List.of(), items());
    }

    @Test
    void should_let_everything_expire_and_nothing_of_a_conversation_before_it() {
        String id = stored(ANN, "one", "two", "three");
        for (int i = 0; i < 10; i++) {
            clock.advance(TTL.dividedBy(5));
            String run = run();
            conversations.save(
                    conversations.open(ANN, id, false, run, LEASE),
                    run,
                    Change.finished(Samples.turn(run, "more"), null));
            Map<String, AttributeValue> meta = table.get(ConversationItems.metaKey(ANN, id));
            long visibleUntil = clock.instant().plus(TTL).getEpochSecond();
            assertTrue(DynamoTable.number(meta, "expiresAt") >= visibleUntil);
            for (Map<String, AttributeValue> item : items()) {
                long expiresAt = DynamoTable.number(item, "expiresAt");
                assertTrue(
                        expiresAt >= visibleUntil && expiresAt <= visibleUntil + TTL.toSeconds() / 3,
                        item.keySet() + " " + item.get("sk"));
            }
        }
    }

    @Test
    void should_not_name_owners_or_ids_in_keys() {
        stored(ANN, "question");
        for (Map<String, AttributeValue> item : items()) {
            assertFalse((item.get("pk").s() + item.get("sk").s()).contains("ann"), item.toString());
        }
    }

    @Test
    void should_keep_a_new_conversation_apart_from_what_a_slow_delete_of_its_id_left() {
        String run = run();
        Conversation old = conversations.save(
                conversations.open(ANN, "mine", true, run, LEASE),
                run,
                Change.finished(Samples.turn(run, "old"), null));
        client().deleteItem(delete -> delete.tableName(table.name()).key(ConversationItems.metaKey(ANN, "mine")));
        String again = run();
        Conversation anew = conversations.open(ANN, "mine", true, again, LEASE);
        assertEquals(List.of(), anew.turns());
        conversations.save(anew, again, Change.finished(Samples.turn(again, "new"), null));
        new ConversationDeletion(table, clock, ANN, "mine").deleteBelow(old.createdAt());
        assertEquals(
                List.of("new"),
                Samples.questions(conversations.find(ANN, "mine").orElseThrow()));
    }

    @Test
    void should_give_the_conversation_back_though_the_thread_is_interrupted() {
        String id = stored(ANN, "one");
        String run = run();
        Conversation opened = conversations.open(ANN, id, false, run, LEASE);
        Thread.currentThread().interrupt();
        conversations.release(opened, run);
        assertTrue(Thread.interrupted(), "the interrupt is still there");
        conversations.open(ANN, id, false, run(), LEASE);
    }

    @Test
    void should_list_a_page_of_many_without_reading_all() {
        for (int i = 0; i < 30; i++) {
            stored(ANN, "question " + i);
        }
        assertEquals(
                List.of("question 29", "question 28", "question 27"),
                conversations.list(ANN, 3).stream()
                        .map(ConversationSummary::title)
                        .toList());
        clock.advance(TTL.minus(Duration.ofMillis(15_500)));
        assertEquals(15, conversations.list(ANN, 100).size(), "the others are over");
    }
}
