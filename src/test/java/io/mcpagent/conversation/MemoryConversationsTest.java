package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.conversation.Conversations.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryConversationsTest extends ConversationsContract {

    @Override
    void makeStores() {
        makeStores(10_000);
    }

    private void makeStores(int capacity) {
        MemoryIdempotentReplies memory = new MemoryIdempotentReplies(capacity, clock);
        replies = memory;
        conversations = new MemoryConversations(TTL, capacity, memory, clock, clock);
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
        makeStores(3);
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
        makeStores(200);
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
        makeStores(100);
        for (int i = 0; i <= 100; i++) {
            String run = run();
            conversations.save(
                    conversations.open(ANN, null, false, run, LEASE),
                    run,
                    Change.finished(Samples.turn(run, "q"), null));
        }
        assertEquals(95, conversations.list(ANN, Integer.MAX_VALUE).size());
    }

    @Test
    void should_forget_the_oldest_answers_when_full() {
        makeStores(3);
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            String run = run();
            keys.add(run);
            replies.claim(ANN, run, "h", LEASE);
            conversations.save(
                    conversations.open(ANN, null, false, run, LEASE),
                    run,
                    Change.finished(Samples.turn(run, "q"), new IdempotentReplies.Reply(ANN, run, "h", "answer " + i)));
            clock.advance(Duration.ofSeconds(1));
        }
        assertEquals(new IdempotentReplies.Claim.Answered("answer 4"), replies.claim(ANN, keys.get(4), "h", LEASE));
        assertEquals(new IdempotentReplies.Claim.Claimed(), replies.claim(ANN, keys.get(0), "h", LEASE));
    }
}
