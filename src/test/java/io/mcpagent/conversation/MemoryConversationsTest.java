package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.conversation.Conversations.Change;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryConversationsTest extends ConversationsContract {

    private static final long MEGABYTE = 1 << 20;

    private OwnedMemory memory;

    @Override
    void makeStores() {
        makeStores(10_000, 1_000 * MEGABYTE);
    }

    private void makeStores(int capacity, long bytes) {
        memory = new OwnedMemory(capacity, bytes, clock, clock);
        MemoryIdempotentReplies kept = new MemoryIdempotentReplies(memory);
        replies = kept;
        conversations = new MemoryConversations(TTL, memory, kept);
    }

    @Override
    int changes() {
        return 10_000;
    }

    @Override
    int pauseNanos() {
        return 10_000;
    }

    @Test
    void should_forget_the_longest_unused_when_full_but_never_one_with_a_running_turn() {
        makeStores(3, MEGABYTE);
        String running = stored(ANN, "running");
        conversations.open(ANN, running, false, run(), Duration.ofDays(1));
        clock.advance(Duration.ofSeconds(1));
        String oldest = stored(ANN, "oldest");
        String used = stored(ANN, "used");
        conversations.find(ANN, oldest);
        clock.advance(Duration.ofSeconds(1));
        conversations.find(ANN, used);
        clock.advance(Duration.ofSeconds(1));
        String newest = stored(ANN, "newest");
        assertTrue(conversations.find(ANN, oldest).isEmpty());
        for (String kept : List.of(running, used, newest)) {
            assertTrue(conversations.find(ANN, kept).isPresent());
        }
    }

    @Test
    void should_stay_within_its_capacity() throws Exception {
        makeStores(200, MEGABYTE);
        together(8, thread -> {
            for (int i = 0; i < 500; i++) {
                String run = run();
                conversations.save(
                        conversations.open(ANN, null, false, run, LEASE),
                        run,
                        Change.finished(Samples.turn(run, "q"), null));
            }
        });
        stored(ANN, "last");
        int kept = conversations.list(ANN, Integer.MAX_VALUE).size();
        assertTrue(kept <= 200 && kept > 150, kept + " kept");
    }

    @Test
    void should_make_no_more_room_than_it_wants_where_all_were_used_at_once() {
        makeStores(100, MEGABYTE);
        for (int i = 0; i <= 100; i++) {
            String run = run();
            conversations.save(
                    conversations.open(ANN, null, false, run, LEASE),
                    run,
                    Change.finished(Samples.turn(run, "q"), null));
        }
        assertEquals(95, conversations.list(ANN, Integer.MAX_VALUE).size());
    }

    /** A turn with an answer to an idempotent request, in a conversation of its own. */
    private String answered(String owner, String key, String question) {
        String run = run();
        replies.claim(owner, key, "h", run, LEASE);
        Conversation opened = conversations.open(owner, null, false, run, LEASE);
        conversations.save(
                opened,
                run,
                Change.finished(Samples.turn(run, question), new IdempotentReplies.Reply(owner, key, "h", "answer")));
        return opened.id();
    }

    @Test
    void should_stay_within_its_bytes_whatever_is_asked() {
        makeStores(100_000, 64 * MEGABYTE);
        String question = "q".repeat(64 * 1024);
        for (int i = 0; i < 10_000; i++) {
            // Each text an object of its own, as it is for requests.
            stored(ANN, question + i);
            assertTrue(memory.bytes() <= 64 * MEGABYTE, memory.bytes() + " bytes");
        }
        int kept = conversations.list(ANN, Integer.MAX_VALUE).size();
        assertTrue(kept * 64L * 1024 <= 64 * MEGABYTE && kept > 900, kept + " kept");
    }

    @Test
    void should_count_a_conversation_that_grows_and_forget_it_when_it_is_larger_than_all_may_be() {
        makeStores(100, 4 * MEGABYTE);
        String bobs = stored(BOB, "one");
        String id = stored(ANN, "one");
        String answer = "a".repeat(256 * 1024);
        int turns = 0;
        while (conversations.find(ANN, id).isPresent()) {
            String run = run();
            Conversation opened = conversations.open(ANN, id, false, run, LEASE);
            conversations.save(opened, run, Change.finished(Samples.turn(run, "q", answer + turns), null));
            turns++;
        }
        assertEquals(16, turns);
        assertTrue(memory.bytes() < MEGABYTE, "what it needed is free again: " + memory.bytes());
        assertTrue(conversations.find(BOB, bobs).isPresent());
    }

    @Test
    void should_keep_what_bob_has_while_ann_floods_the_store_with_bytes() {
        makeStores(100_000, 8 * MEGABYTE);
        String bobs = answered(BOB, "key", "one");
        for (int i = 0; i < 1_000; i++) {
            answered(ANN, "key " + i, "q".repeat(64 * 1024) + i);
        }
        assertTrue(conversations.find(BOB, bobs).isPresent());
        assertEquals(new IdempotentReplies.Claim.AlreadyAnswered("answer"), claim(BOB, "key", "h"));
    }

    @Test
    void should_keep_what_bob_has_while_ann_floods_the_store_with_conversations() {
        makeStores(100, 1_000 * MEGABYTE);
        String bobs = answered(BOB, "key", "b".repeat(1_000_000));
        for (int i = 0; i < 1_000; i++) {
            answered(ANN, "key " + i, "q");
        }
        assertTrue(conversations.find(BOB, bobs).isPresent());
        assertEquals(new IdempotentReplies.Claim.AlreadyAnswered("answer"), claim(BOB, "key", "h"));
        assertTrue(conversations.list(ANN, 1_000).size() >= 94);
    }

    @Test
    void should_forget_the_oldest_answers_of_the_owner_who_has_the_most() {
        makeStores(100_000, MEGABYTE);
        for (int i = 0; i < 2_000; i++) {
            answered(ANN, "key " + i, "q");
        }
        assertEquals(new IdempotentReplies.Claim.Claimed(), claim(ANN, "key 0", "h"));
        assertEquals(new IdempotentReplies.Claim.AlreadyAnswered("answer"), claim(ANN, "key 1999", "h"));
    }

    @Test
    void should_make_room_of_what_is_over_first() {
        makeStores(10, MEGABYTE);
        for (int i = 0; i < 5; i++) {
            stored(ANN, "old");
        }
        conversations.open(ANN, null, false, run(), LEASE);
        clock.advance(TTL.plusDays(1));
        for (int i = 0; i < 10; i++) {
            stored(BOB, "new");
        }
        assertEquals(10, conversations.list(BOB, 100).size());
        assertTrue(memory.bytes() < 30_000, "nothing is left of the old ones: " + memory.bytes());
    }
}
