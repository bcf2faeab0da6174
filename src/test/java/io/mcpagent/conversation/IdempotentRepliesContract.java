package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mcpagent.conversation.Conversations.Change;
import io.mcpagent.conversation.IdempotentReplies.Claim;
import io.mcpagent.conversation.IdempotentReplies.Reply;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every store of idempotent replies has to keep. */
abstract class IdempotentRepliesContract extends StoreContract {

    @Test
    void should_store_the_answer_of_an_idempotent_request_with_its_turn() {
        String run = run();
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "hash", LEASE));
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        conversations.save(
                opened, run, Change.finished(Samples.turn(run, "q"), new Reply(ANN, "key", "hash", "{\"answer\":1}")));
        assertEquals(new Claim.Answered("{\"answer\":1}"), replies.claim(ANN, "key", "hash", LEASE));
        replies.abandon(ANN, "key");
        assertEquals(new Claim.Answered("{\"answer\":1}"), replies.claim(ANN, "key", "hash", LEASE));
        assertInstanceOf(Claim.Mismatch.class, replies.claim(ANN, "key", "other", LEASE));
        assertInstanceOf(Claim.Claimed.class, replies.claim(BOB, "key", "other", LEASE), "keys are the caller's own");
        clock.advance(Duration.ofHours(25));
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "other", LEASE));
    }

    @Test
    void should_store_neither_turn_nor_answer_if_a_twin_was_answered_before() {
        String first = run();
        Conversation one = conversations.open(ANN, null, false, first, LEASE);
        conversations.save(
                one, first, Change.finished(Samples.turn(first, "q"), new Reply(ANN, "key", "hash", "first")));
        String second = run();
        Conversation two = conversations.open(ANN, one.id(), false, second, LEASE);
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(
                        two,
                        second,
                        Change.finished(Samples.turn(second, "q"), new Reply(ANN, "key", "hash", "second"))));
        assertEquals(1, conversations.find(ANN, one.id()).orElseThrow().turns().size());
        assertEquals(new Claim.Answered("first"), replies.claim(ANN, "key", "hash", LEASE));
    }

    @Test
    void should_store_no_answer_if_the_turn_is_not_stored() {
        String id = stored(ANN, "one");
        String lost = run();
        replies.claim(ANN, "key", "hash", LEASE);
        Conversation opened = conversations.open(ANN, id, false, lost, LEASE);
        clock.advance(LEASE.plusMillis(1));
        conversations.open(ANN, id, false, run(), LEASE);
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(
                        opened, lost, Change.finished(Samples.turn(lost, "q"), new Reply(ANN, "key", "hash", "lost"))));
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "hash", LEASE), "the claim's lease has passed");
    }

    @Test
    void should_free_a_key_that_is_abandoned_or_whose_lease_has_passed() {
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "hash", LEASE));
        assertInstanceOf(Claim.Running.class, replies.claim(ANN, "key", "hash", LEASE));
        assertInstanceOf(Claim.Mismatch.class, replies.claim(ANN, "key", "other", LEASE));
        replies.abandon(ANN, "key");
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "other", LEASE));
        clock.advance(LEASE.plusMillis(1));
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "third", LEASE));
        replies.abandon(ANN, "never claimed");
    }

    @Test
    void should_let_one_of_many_equal_requests_through() throws Exception {
        AtomicInteger claimed = new AtomicInteger();
        AtomicInteger running = new AtomicInteger();
        together(50, i -> {
            switch (replies.claim(ANN, "raced", "hash", LEASE)) {
                case Claim.Claimed ignored -> claimed.incrementAndGet();
                case Claim.Running ignored -> running.incrementAndGet();
                case Claim other -> throw new AssertionError(other);
            }
        });
        assertEquals(1, claimed.get());
        assertEquals(49, running.get());
    }
}
