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
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "hash", run, LEASE));
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        conversations.save(
                opened, run, Change.finished(Samples.turn(run, "q"), new Reply(ANN, "key", "hash", "{\"answer\":1}")));
        assertEquals(new Claim.AlreadyAnswered("{\"answer\":1}"), claim(ANN, "key", "hash"));
        replies.abandon(ANN, "key", run);
        assertEquals(new Claim.AlreadyAnswered("{\"answer\":1}"), claim(ANN, "key", "hash"));
        assertInstanceOf(Claim.Mismatch.class, claim(ANN, "key", "other"));
        assertInstanceOf(Claim.Claimed.class, claim(BOB, "key", "other"), "keys are the caller's own");
        clock.advance(Duration.ofHours(25));
        assertInstanceOf(Claim.Claimed.class, claim(ANN, "key", "other"));
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
        assertEquals(new Claim.AlreadyAnswered("first"), claim(ANN, "key", "hash"));
    }

    @Test
    void should_store_no_answer_if_the_turn_is_not_stored() {
        String id = stored(ANN, "one");
        String lost = run();
        claim(ANN, "key", "hash");
        Conversation opened = conversations.open(ANN, id, false, lost, LEASE);
        clock.advance(LEASE.plusMillis(1));
        conversations.open(ANN, id, false, run(), LEASE);
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(
                        opened, lost, Change.finished(Samples.turn(lost, "q"), new Reply(ANN, "key", "hash", "lost"))));
        assertInstanceOf(Claim.Claimed.class, claim(ANN, "key", "hash"), "the claim's lease has passed");
    }

    @Test
    void should_answer_what_may_have_happened_once_its_run_has_died() {
        String run = run();
        replies.claim(ANN, "key", "hash", run, LEASE);
        Conversation opened = conversations.open(ANN, null, false, run, LEASE);
        PendingTurn pending = Samples.pending(run, Approval.Stage.EXECUTING);
        opened = conversations.save(opened, run, Change.step(pending, new Reply(ANN, "key", "hash", "perhaps")));
        replies.abandon(ANN, "key", run);
        assertInstanceOf(Claim.Running.class, claim(ANN, "key", "hash"));
        assertInstanceOf(Claim.Mismatch.class, claim(ANN, "key", "other"));
        opened = conversations.save(opened, run, Change.step(pending, new Reply(ANN, "key", "hash", "it did")));
        assertInstanceOf(Claim.Running.class, claim(ANN, "key", "hash"));
        clock.advance(LEASE.plusMillis(1));
        assertEquals(new Claim.AlreadyAnswered("it did"), claim(ANN, "key", "hash"));
        // It was only slow: what it says last counts.
        conversations.save(opened, run, Change.finished(Samples.turn(run, "q"), new Reply(ANN, "key", "hash", "done")));
        assertEquals(new Claim.AlreadyAnswered("done"), claim(ANN, "key", "hash"));
    }

    @Test
    void should_store_no_step_of_a_run_that_has_lost_the_key() {
        String lost = run();
        replies.claim(ANN, "key", "hash", lost, LEASE);
        Conversation opened = conversations.open(ANN, null, false, lost, LEASE);
        PendingTurn pending = Samples.pending(lost, Approval.Stage.EXECUTING);
        clock.advance(LEASE.plusMillis(1));
        assertInstanceOf(Claim.Claimed.class, claim(ANN, "key", "hash"));
        assertThrows(
                ConversationBusyException.class,
                () -> conversations.save(opened, lost, Change.step(pending, new Reply(ANN, "key", "hash", "perhaps"))));
        assertInstanceOf(Claim.Running.class, claim(ANN, "key", "hash"));
    }

    @Test
    void should_free_a_key_that_is_abandoned_or_whose_lease_has_passed() {
        String run = run();
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "hash", run, LEASE));
        assertInstanceOf(Claim.Running.class, claim(ANN, "key", "hash"));
        assertInstanceOf(Claim.Mismatch.class, claim(ANN, "key", "other"));
        replies.abandon(ANN, "key", run);
        assertInstanceOf(Claim.Claimed.class, claim(ANN, "key", "other"));
        clock.advance(LEASE.plusMillis(1));
        assertInstanceOf(Claim.Claimed.class, claim(ANN, "key", "third"));
        replies.abandon(ANN, "never claimed", run);
    }

    @Test
    void should_know_the_claim_of_a_run_again_and_give_up_no_other() {
        String run = run();
        replies.claim(ANN, "key", "hash", run, LEASE);
        assertInstanceOf(Claim.Claimed.class, replies.claim(ANN, "key", "hash", run, LEASE));
        assertInstanceOf(Claim.Mismatch.class, replies.claim(ANN, "key", "other", run, LEASE));
        replies.abandon(ANN, "key", run());
        assertInstanceOf(Claim.Running.class, claim(ANN, "key", "hash"));
        clock.advance(LEASE.plusMillis(1));
        assertInstanceOf(Claim.Claimed.class, claim(ANN, "key", "hash"), "the next run's");
        replies.abandon(ANN, "key", run);
        assertInstanceOf(Claim.Running.class, claim(ANN, "key", "hash"), "the first run gives up what it has lost");
    }

    @Test
    void should_let_one_of_many_equal_requests_through() throws Exception {
        AtomicInteger claimed = new AtomicInteger();
        AtomicInteger running = new AtomicInteger();
        together(50, i -> {
            switch (claim(ANN, "raced", "hash")) {
                case Claim.Claimed ignored -> claimed.incrementAndGet();
                case Claim.Running ignored -> running.incrementAndGet();
                case Claim other -> throw new AssertionError(other);
            }
        });
        assertEquals(1, claimed.get());
        assertEquals(49, running.get());
    }
}
