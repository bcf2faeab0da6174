package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mcpagent.conversation.Conversations.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What every store of conversations has to keep when many use it at once. */
abstract class LinearHistoryContract extends IdempotentRepliesContract {

    @Test
    void should_stay_linear_when_a_hundred_post_to_one_conversation() throws Exception {
        String id = stored(ANN, "start");
        ConcurrentLinkedQueue<String> won = new ConcurrentLinkedQueue<>();
        AtomicInteger busy = new AtomicInteger();
        CountDownLatch allTried = new CountDownLatch(100);
        together(100, i -> {
            String run = run();
            try {
                Conversation opened = conversations.open(ANN, id, false, run, LEASE);
                allTried.countDown();
                allTried.await();
                conversations.save(opened, run, Change.finished(Samples.turn(run, "from " + i), null));
                won.add("from " + i);
            } catch (ConversationBusyException e) {
                busy.incrementAndGet();
                allTried.countDown();
            }
        });
        assertEquals(1, won.size());
        assertEquals(99, busy.get());
        assertEquals(
                List.of("start", won.peek()),
                Samples.questions(conversations.find(ANN, id).orElseThrow()));
    }

    /** A checker in the manner of Jepsen: everything that was acknowledged is there, once, in the order of the versions, and nothing else. */
    @Test
    void should_lose_and_double_no_update() throws Exception {
        int threads = 8;
        int each = changes() / threads;
        List<String> ids = List.of(stored(ANN, "start"), stored(ANN, "start"), stored(ANN, "start"));
        ConcurrentLinkedQueue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
        together(threads, thread -> {
            Random random = new Random(thread);
            for (int done = 0; done < each; ) {
                String run = run();
                String id = ids.get(random.nextInt(ids.size()));
                try {
                    Conversation opened = conversations.open(ANN, id, false, run, LEASE);
                    if (random.nextInt(10) == 0) {
                        conversations.release(opened, run);
                        continue;
                    }
                    Conversation saved = conversations.save(opened, run, Change.finished(Samples.turn(run, run), null));
                    acknowledged.add(new Acknowledged(id, saved.version(), run));
                    done++;
                } catch (ConversationBusyException e) {
                    LockSupport.parkNanos(random.nextInt(1 + pauseNanos()));
                }
            }
        });
        assertEquals(each * threads, acknowledged.size());
        for (String id : ids) {
            List<String> expected = new ArrayList<>(List.of("start"));
            acknowledged.stream()
                    .filter(one -> one.id.equals(id))
                    .sorted((a, b) -> Long.compare(a.version, b.version))
                    .forEach(one -> expected.add(one.run));
            assertEquals(expected, Samples.questions(conversations.find(ANN, id).orElseThrow()));
        }
    }

    private record Acknowledged(String id, long version, String run) {}
}
