package io.mcpagent.conversation;

import io.mcpagent.conversation.Conversations.Change;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;

/** A store on a clock of the test, and what the contracts do with it. */
abstract class StoreContract {

    static final Duration TTL = Duration.ofDays(30);
    static final Duration LEASE = Duration.ofSeconds(130);
    static final String ANN = "auth0|ann";
    static final String BOB = "auth0|bob";

    final MovableClock clock = new MovableClock(Instant.now().truncatedTo(ChronoUnit.SECONDS));
    Conversations conversations;
    IdempotentReplies replies;

    abstract void makeStores();

    /** How many changes the history checker makes. */
    abstract int changes();

    /** How long a thread of the history checker waits at most before it asks again for a conversation that is busy. */
    abstract int pauseNanos();

    @BeforeEach
    void begin() {
        makeStores();
    }

    final String stored(String owner, String... questions) {
        String id = null;
        for (String question : questions) {
            String run = run();
            Conversation opened = conversations.open(owner, id, false, run, LEASE);
            id = opened.id();
            conversations.save(opened, run, Change.finished(Samples.turn(run, question), null));
            clock.advance(Duration.ofSeconds(1));
        }
        return id;
    }

    /** Claims a key for a request of its own. */
    final IdempotentReplies.Claim claim(String owner, String key, String requestHash) {
        return replies.claim(owner, key, requestHash, run(), LEASE);
    }

    static String run() {
        return UUID.randomUUID().toString();
    }

    interface Step {
        void run(int index) throws Exception;
    }

    static void together(int threads, Step step) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<?>> running = new ArrayList<>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < threads; i++) {
                int index = i;
                running.add(executor.submit(() -> {
                    start.await();
                    step.run(index);
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> one : running) {
                one.get();
            }
        }
    }
}
