package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.base.Breaker;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.RecordedRequest;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.model.ModelException.Kind;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Retries, the fallback, the breaker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class ModelsTest {

    private static final String FALLBACK = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    private static final Script.Failure THROTTLED = Script.error("ThrottlingException", "Too many requests");
    private static final Script.Failure UNAVAILABLE = Script.error("ServiceUnavailableException", "Later");
    private static final Script.Reply WORDS = Script.text("one two three");

    private final LocalBedrock bedrock = LocalBedrock.start(0);

    @AfterEach
    void forget() {
        bedrock.reset();
    }

    @AfterAll
    void close() {
        bedrock.close();
    }

    @Test
    void should_try_again_when_throttled() throws Exception {
        try (ModelRig rig = ModelRig.on(bedrock)) {
            bedrock.script(THROTTLED, UNAVAILABLE, WORDS);
            assertEquals(
                    StopReason.END_TURN,
                    rig.models.stream(ModelRig.question("q"), new ModelRig.Heard())
                            .stopReason());
            bedrock.script(UNAVAILABLE, THROTTLED, WORDS);
            assertEquals(
                    StopReason.END_TURN,
                    rig.models.converse(ModelRig.question("q")).stopReason());
            assertEquals(6, bedrock.requestCount());
        }
    }

    @Test
    void should_make_no_more_attempts_than_configured() {
        bedrock.always(THROTTLED);
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.max-attempts", "3")) {
            assertEquals(Kind.THROTTLED, failure(rig).kind());
            assertEquals(3, bedrock.requestCount());
        }
    }

    @Test
    void should_neither_repeat_nor_hand_over_a_request_that_the_service_refuses() {
        bedrock.always(Script.error("ValidationException", "no"));
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.fallback-id", FALLBACK)) {
            failure(rig);
            assertEquals(1, bedrock.requestCount());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "AccessDeniedException     | no |",
                "AccessDeniedException     | Access denied to the model for an AWS Marketplace subscription | signed for this model",
                "ResourceNotFoundException | This model is marked as Legacy and you have not used it lately | end of its life",
                "ResourceNotFoundException | This model version has reached the end of its life             | end of its life",
                "ValidationException       | The provided model identifier is invalid.                      | no such model",
                "ValidationException       | Retry your request with the ID or ARN of an inference profile  | by an inference profile"
            })
    void should_ask_the_fallback_when_the_first_model_cannot_be_asked_and_say_why(
            String type, String message, String advice) throws Exception {
        bedrock.respond(request -> request.modelId().equals(FALLBACK) ? WORDS : Script.error(type, message));
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.fallback-id", FALLBACK)) {
            assertEquals(FALLBACK, rig.models.converse(ModelRig.question("q")).modelId());
            assertEquals(2, bedrock.requestCount());
            if (advice == null) {
                assertTrue(rig.models.troubles().isEmpty());
            } else {
                assertTrue(rig.models.troubles().get(ModelRig.MODEL).contains(advice));
                assertFalse(rig.models.troubles().get(ModelRig.MODEL).contains(message));
            }
            bedrock.always(WORDS);
            rig.models.converse(ModelRig.question("q"));
            assertTrue(rig.models.troubles().isEmpty());
        }
    }

    @Test
    void should_ask_a_silent_model_once_more_if_there_is_no_other() throws Exception {
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.idle-timeout", "300ms")) {
            bedrock.script(
                    WORDS.after(new Script.Block.Reasoning("Hm.", "c2ln")).fault(new Fault.StallAt(2, null)), WORDS);
            ModelRig.Heard heard = new ModelRig.Heard();
            rig.models.stream(ModelRig.question("q"), heard);
            assertEquals("one two three", heard.text.toString());
            bedrock.always(WORDS.fault(new Fault.StallAt(0, null)));
            assertEquals(
                    Kind.TIMEOUT,
                    assertThrows(ModelException.class, () -> rig.models.stream(ModelRig.question("q"), heard))
                            .kind());
            assertEquals(4, bedrock.requestCount());
        }
    }

    @Test
    void should_wait_for_a_model_as_long_as_it_may_think_in_silence() throws Exception {
        try (ModelRig rig =
                ModelRig.on(bedrock, "agent.model.first-event-timeout", "100ms", "agent.model.idle-timeout", "20s")) {
            bedrock.script(WORDS.after(new Script.Block.Reasoning("", "c2ln"))
                    .fault(new Fault.StallAt(2, Duration.ofMillis(700))));
            rig.models.stream(ModelRig.question("q"), new ModelRig.Heard());
            assertEquals(1, bedrock.requestCount());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ThrottlingException", "ServiceUnavailableException", "InternalServerException"})
    void should_ask_the_fallback_when_the_first_model_fails(String type) throws Exception {
        bedrock.respond(request -> request.modelId().equals(FALLBACK) ? WORDS : Script.error(type, "no"));
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.fallback-id", FALLBACK)) {
            ModelRig.Heard heard = new ModelRig.Heard();
            ModelReply reply = rig.models.stream(ModelRig.question("q"), heard);
            assertEquals(FALLBACK, reply.modelId());
            assertEquals("one two three", heard.text.toString());
            assertEquals(3, bedrock.requestCount(), "two for the first model, one for the other");
        }
    }

    @Test
    void should_ask_the_fallback_when_the_first_model_is_silent() throws Exception {
        bedrock.respond(
                request -> request.modelId().equals(FALLBACK) ? WORDS : WORDS.fault(new Fault.StallAt(0, null)));
        try (ModelRig rig =
                ModelRig.on(bedrock, "agent.model.fallback-id", FALLBACK, "agent.model.idle-timeout", "1s")) {
            assertEquals(
                    FALLBACK,
                    rig.models.stream(ModelRig.question("q"), new ModelRig.Heard())
                            .modelId());
            assertEquals(2, bedrock.requestCount(), "silence is not asked for twice");
        }
    }

    @Test
    void should_never_mix_the_answers_of_two_models() throws Exception {
        try (ModelRig rig = ModelRig.on(
                bedrock,
                "agent.model.fallback-id",
                FALLBACK,
                "agent.model.breaker-failures",
                "1000000",
                "agent.model.max-attempts",
                "2")) {
            int frames = WORDS.frames();
            for (int i = 0; i < 1_000; i++) {
                Script.Reply broken = WORDS.fault(
                        i % 2 == 0
                                ? new Fault.CutAt(i % frames, Cut.values()[i % 3])
                                : new Fault.ExceptionAt(i % frames, "throttlingException", "x"));
                bedrock.respond(
                        request -> request.modelId().equals(FALLBACK) ? Script.text("other words entirely") : broken);
                ModelRig.Heard heard = new ModelRig.Heard();
                try {
                    ModelReply reply = rig.models.stream(ModelRig.question("q"), heard);
                    String text = ((Content.Text) reply.content().getFirst()).text();
                    assertEquals(text, heard.text.toString());
                    assertTrue(text.equals("one two three") || text.equals("other words entirely"), text);
                } catch (ModelException e) {
                    assertTrue(!e.heard() || "one two three".startsWith(heard.text.toString()), heard.text.toString());
                    assertTrue(e.heard() || heard.events.isEmpty());
                }
            }
        }
    }

    @Test
    void should_stay_calm_and_succeed_when_a_third_is_throttled() throws Exception {
        bedrock.always(new Script.RandomThrottle(0.3, 7, WORDS));
        int calls = 2_000;
        AtomicInteger answered = new AtomicInteger();
        Set<String> failures = ConcurrentHashMap.newKeySet();
        try (ModelRig rig = ModelRig.on(bedrock)) {
            CountDownLatch ended = new CountDownLatch(100);
            for (int i = 0; i < 100; i++) {
                Thread.ofVirtual().start(() -> {
                    for (int call = 0; call < calls / 100; call++) {
                        try {
                            rig.models.converse(ModelRig.question("q"));
                            answered.incrementAndGet();
                        } catch (ModelException | InterruptedException e) {
                            failures.add(e.toString());
                        }
                    }
                    ended.countDown();
                });
            }
            ended.await();
        }
        assertTrue(
                answered.get() >= calls * 0.985,
                answered + " of " + calls + " in " + bedrock.requestCount() + " attempts; " + failures);
        assertTrue(bedrock.requestCount() <= calls * 1.5, bedrock.requestCount() + " attempts");
    }

    @Test
    void should_not_answer_a_failing_service_with_a_storm() throws Exception {
        bedrock.always(THROTTLED);
        try (ModelRig rig = ModelRig.on(bedrock)) {
            CountDownLatch ended = new CountDownLatch(400);
            for (int i = 0; i < 400; i++) {
                Thread.ofVirtual().start(() -> {
                    try {
                        failure(rig);
                    } finally {
                        ended.countDown();
                    }
                });
            }
            ended.await();
            assertTrue(bedrock.requestCount() <= 400 * 1.5 + 20, bedrock.requestCount() + " attempts");
        }
    }

    @Test
    void should_open_the_breaker_and_answer_without_asking() {
        bedrock.always(UNAVAILABLE);
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.max-attempts", "1", "agent.model.breaker-delay", "10m")) {
            for (int i = 0; i < 5; i++) {
                assertEquals(Kind.UNAVAILABLE, failure(rig).kind());
            }
            assertEquals(Breaker.BreakerState.OPEN, rig.models.breakers().get(ModelRig.MODEL));
            for (int i = 0; i < 100; i++) {
                assertEquals(Kind.BREAKER_OPEN, failure(rig).kind());
            }
            assertEquals(5, bedrock.requestCount());
        }
    }

    @Test
    void should_close_the_breaker_when_a_request_goes_well_after_the_delay() throws Exception {
        bedrock.always(UNAVAILABLE);
        try (ModelRig rig =
                ModelRig.on(bedrock, "agent.model.max-attempts", "1", "agent.model.breaker-delay", "400ms")) {
            for (int i = 0; i < 5; i++) {
                failure(rig);
            }
            bedrock.always(WORDS);
            Thread.sleep(400);
            rig.models.converse(ModelRig.question("q"));
            assertEquals(Breaker.BreakerState.CLOSED, rig.models.breakers().get(ModelRig.MODEL));
        }
    }

    @Test
    void should_ask_the_fallback_without_delay_while_the_breaker_is_open() throws Exception {
        bedrock.respond(request -> request.modelId().equals(FALLBACK) ? WORDS : UNAVAILABLE);
        try (ModelRig rig =
                ModelRig.on(bedrock, "agent.model.fallback-id", FALLBACK, "agent.model.breaker-delay", "10m")) {
            for (int i = 0; i < 5; i++) {
                assertEquals(
                        FALLBACK, rig.models.converse(ModelRig.question("q")).modelId());
            }
            assertEquals(Breaker.BreakerState.OPEN, rig.models.breakers().get(ModelRig.MODEL));
            long before = bedrock.requestCount();
            rig.models.converse(ModelRig.question("q"));
            assertEquals(before + 1, bedrock.requestCount());
        }
    }

    @Test
    void should_not_open_the_breaker_for_throttling_or_refusals() {
        bedrock.respond(
                request -> bedrock.requestCount() % 2 == 0 ? THROTTLED : Script.error("ValidationException", "no"));
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.max-attempts", "1")) {
            for (int i = 0; i < 20; i++) {
                failure(rig);
            }
            assertEquals(Breaker.BreakerState.CLOSED, rig.models.breakers().get(ModelRig.MODEL));
        }
    }

    @Test
    void should_wait_as_long_as_the_service_asks_or_not_at_all() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            AtomicInteger asked = new AtomicInteger();
            AtomicInteger retryAfterSeconds = new AtomicInteger(1);
            Thread.ofVirtual().start(() -> answerThrottled(server, asked, retryAfterSeconds));
            URI uri = URI.create("http://127.0.0.1:" + server.getLocalPort());
            try (ModelRig rig = ModelRig.on(uri, "agent.model.max-attempts", "2")) {
                long start = System.nanoTime();
                assertThrows(ModelException.class, () -> rig.models.converse(ModelRig.question("q")));
                assertTrue(System.nanoTime() - start >= 1_000_000_000L);
                assertEquals(2, asked.get());
                retryAfterSeconds.set(600);
                ModelException refused =
                        assertThrows(ModelException.class, () -> rig.models.converse(ModelRig.question("q")));
                assertEquals(Kind.THROTTLED, refused.kind(), "no wait that the deadline would not outlive");
                assertEquals(3, asked.get());
            }
        }
    }

    private static void answerThrottled(ServerSocket server, AtomicInteger asked, AtomicInteger retryAfterSeconds) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                byte[] buffer = new byte[64 << 10];
                socket.getInputStream().read(buffer);
                asked.incrementAndGet();
                socket.getOutputStream()
                        .write(("HTTP/1.1 429 Too Many Requests\r\nx-amzn-ErrorType: ThrottlingException:http://x/\r\n"
                                        + "Retry-After: " + retryAfterSeconds
                                        + "\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
                                .getBytes(StandardCharsets.US_ASCII));
            } catch (java.io.IOException e) {
                // Closed.
            }
        }
    }

    @Test
    void should_not_begin_long_after_the_deadline() {
        try (ModelRig rig = ModelRig.on(bedrock)) {
            ModelException e = assertThrows(
                    ModelException.class,
                    () -> rig.models.converse(ModelRig.question("q", List.of(), Duration.ofSeconds(-2))));
            assertEquals(Kind.TIMEOUT, e.kind());
            assertEquals(0, bedrock.requestCount());
        }
    }

    @Test
    void should_sign_for_the_model_that_is_asked() throws Exception {
        bedrock.requireSignature(ModelRig.KEY, ModelRig.SECRET);
        bedrock.respond(request -> request.modelId().equals(FALLBACK) ? WORDS : UNAVAILABLE);
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.fallback-id", FALLBACK)) {
            assertEquals(FALLBACK, rig.models.converse(ModelRig.question("q")).modelId());
        }
        assertTrue(bedrock.requests().stream()
                .map(RecordedRequest::error)
                .noneMatch(error -> error.contains("Signature")));
    }

    private static ModelException failure(ModelRig rig) {
        return assertThrows(ModelException.class, () -> rig.models.converse(ModelRig.question("q")));
    }
}
