package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.support.Await;
import io.mcpagent.support.Relay;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An interrupt ends a request wherever it is, and leaves nothing behind. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class CancelTest {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final Script.Reply SLOW =
            Script.text("one two three four five six seven eight nine ten").frameDelay(Duration.ofMillis(20));

    private final LocalBedrock bedrock = LocalBedrock.start(0);

    /** A request on a thread of its own, and how it ended. */
    private record Asking(Thread thread, CompletableFuture<Object> ended) {
        Object end() throws Exception {
            return ended.get(60, TimeUnit.SECONDS);
        }
    }

    /** The first request is slow at both ends, and this is about the others. */
    @BeforeAll
    void warmUp() throws Exception {
        bedrock.always(SLOW);
        try (ModelRig rig = ModelRig.on(bedrock)) {
            rig.models.stream(ModelRig.question("q"), new ModelRig.Heard());
        }
    }

    @AfterEach
    void forget() {
        bedrock.reset();
    }

    @AfterAll
    void close() {
        bedrock.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void should_close_the_connection_whenever_the_interrupt_comes(boolean encrypted) throws Exception {
        bedrock.always(SLOW);
        Random random = new Random(1);
        int closedEarly = 0;
        try (Front front = encrypted ? Front.encrypted(bedrock) : Front.plain(bedrock);
                ModelRig rig = ModelRig.on(front.uri(), "agent.model.max-attempts", "1")) {
            rig.models.converse(ModelRig.question("warm"));
            int interrupted = 0;
            for (int i = 0; i < 120; i++) {
                bedrock.reset();
                bedrock.always(SLOW);
                Asking asking = ask(rig, i % 3 != 0);
                // From before the first byte to the middle of the reply.
                Thread.sleep(Duration.ofNanos(random.nextLong(i % 2 == 0 ? 3_000_000 : 200_000_000)));
                asking.thread.interrupt();
                Object end = asking.end();
                if (end instanceof InterruptedException) {
                    interrupted++;
                } else {
                    assertInstanceOf(ModelReply.class, end);
                }
                Await.until("no connection to be held", () -> rig.http.leased() == 0);
                assertTrue(bedrock.await(BOUND, b -> b.openRequests() == 0));
                closedEarly += (int) bedrock.requests().stream()
                        .filter(request -> request.clientClosed().isPresent())
                        .count();
            }
            assertTrue(interrupted > 40, interrupted + " were interrupted");
            assertTrue(closedEarly > 20, closedEarly + " were closed before their answer was there");
            bedrock.always(Script.text("fine"));
            assertEquals(
                    StopReason.END_TURN,
                    rig.models.stream(ModelRig.question("q"), new ModelRig.Heard())
                            .stopReason());
        }
    }

    @Test
    void should_end_while_it_waits_for_a_silent_service() throws Exception {
        bedrock.always(SLOW.fault(new Fault.StallAt(3, null)));
        try (ModelRig rig = ModelRig.on(bedrock)) {
            Asking asking = ask(rig, true);
            assertTrue(bedrock.await(BOUND, b -> b.openStreams() == 1));
            asking.thread.interrupt();
            assertInstanceOf(InterruptedException.class, asking.end());
            assertTrue(bedrock.await(BOUND, b -> b.openRequests() == 0));
            Await.until("no connection to be held", () -> rig.http.leased() == 0);
        }
    }

    @Test
    void should_end_while_it_waits_for_a_connection() throws Exception {
        bedrock.always(SLOW.fault(new Fault.StallAt(0, null)));
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.max-connections", "1")) {
            Asking first = ask(rig, true);
            assertTrue(bedrock.await(BOUND, b -> b.openStreams() == 1));
            for (int i = 0; i < 50; i++) {
                Asking second = ask(rig, true);
                Thread.sleep(i % 5);
                second.thread.interrupt();
                assertInstanceOf(InterruptedException.class, second.end());
            }
            assertEquals(1, rig.http.leased());
            first.thread.interrupt();
            assertInstanceOf(InterruptedException.class, first.end());
            Await.until("no connection to be held", () -> rig.http.leased() == 0);
            bedrock.always(Script.text("fine"));
            rig.models.converse(ModelRig.question("q"));
        }
    }

    @Test
    void should_lose_no_connection_when_interrupts_and_leases_cross() throws Exception {
        bedrock.always(Script.text("one two three"));
        Random random = new Random(3);
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.max-connections", "3", "agent.model.max-attempts", "1")) {
            for (int round = 0; round < 60; round++) {
                List<Asking> all = new ArrayList<>();
                for (int i = 0; i < 30; i++) {
                    all.add(ask(rig, i % 2 == 0));
                }
                for (Asking asking : all) {
                    if (random.nextBoolean()) {
                        asking.thread.interrupt();
                    }
                }
                for (Asking asking : all) {
                    Object end = asking.end();
                    assertTrue(end instanceof ModelReply || end instanceof InterruptedException, String.valueOf(end));
                }
                Await.until("no connection to be held", () -> rig.http.leased() == 0);
            }
        }
    }

    @Test
    void should_end_while_it_writes() throws Exception {
        try (Relay deaf = Relay.deaf();
                ModelRig rig = ModelRig.on(deaf.uri())) {
            CompletableFuture<Object> ended = new CompletableFuture<>();
            Thread thread = Thread.ofVirtual()
                    .start(() -> ended.complete(outcome(() -> rig.models.converse(
                            ModelRig.question("x".repeat(30 << 20), List.of(), Duration.ofSeconds(60))))));
            Thread.sleep(700);
            thread.interrupt();
            assertInstanceOf(InterruptedException.class, ended.get(60, TimeUnit.SECONDS));
            Await.until("no connection to be held", () -> rig.http.leased() == 0);
        }
    }

    @Test
    void should_end_while_it_connects_and_while_it_shakes_hands() throws Exception {
        try (Relay deaf = Relay.deaf();
                ModelRig rig = ModelRig.on(
                        URI.create("https://127.0.0.1:" + deaf.port()), "agent.model.connect-timeout", "30s")) {
            Asking asking = ask(rig, false);
            Thread.sleep(300);
            asking.thread.interrupt();
            assertInstanceOf(InterruptedException.class, asking.end());
            Await.until("no connection to be held", () -> rig.http.leased() == 0);
        }
    }

    @Test
    void should_end_while_it_waits_to_try_again() throws Exception {
        bedrock.always(Script.error("ThrottlingException", "no"));
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.max-attempts", "100")) {
            Asking asking = ask(rig, false);
            assertTrue(bedrock.await(BOUND, b -> b.requestCount() >= 3));
            asking.thread.interrupt();
            assertInstanceOf(InterruptedException.class, asking.end());
        }
    }

    @Test
    void should_not_send_anything_for_a_thread_that_is_interrupted_already() throws Exception {
        try (ModelRig rig = ModelRig.on(bedrock)) {
            CompletableFuture<Object> ended = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                Thread.currentThread().interrupt();
                ended.complete(outcome(() -> rig.models.converse(ModelRig.question("q"))));
            });
            assertInstanceOf(InterruptedException.class, ended.get(60, TimeUnit.SECONDS));
            assertEquals(0, bedrock.requestCount());
        }
    }

    private static Asking ask(ModelRig rig, boolean streamed) {
        CompletableFuture<Object> ended = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual()
                .start(() -> ended.complete(outcome(() -> streamed
                        ? rig.models.stream(ModelRig.question("q"), new ModelRig.Heard())
                        : rig.models.converse(ModelRig.question("q")))));
        return new Asking(thread, ended);
    }

    private static Object outcome(java.util.concurrent.Callable<Object> call) {
        try {
            return call.call();
        } catch (Throwable e) {
            return e;
        }
    }
}
