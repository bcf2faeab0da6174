package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.model.ModelException.Kind;
import io.mcpagent.support.Await;
import io.mcpagent.support.Relay;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes wrong at the service and on the way, one attempt each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class ErrorsTest {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final Script.Reply WORDS = Script.text("one two three four five");

    // A run has its thread interrupted at the deadline; here nobody does, and the client's own cut comes that many
    // milliseconds later.
    private static final int BEHIND = 1_000;

    private final LocalBedrock bedrock = LocalBedrock.start(0);
    private final ModelRig rig = rig("60s");
    /** For silence that is meant: a busy machine is silent for as long by chance. */
    private final ModelRig impatient = rig("300ms");

    private ModelRig rig(String idleTimeout) {
        return ModelRig.on(
                bedrock,
                "agent.model.max-attempts",
                "1",
                "agent.model.idle-timeout",
                idleTimeout,
                "agent.model.breaker-failures",
                "1000000");
    }

    @AfterEach
    void forget() {
        bedrock.reset();
        Await.until("no connection to be held", () -> rig.http.leased() + impatient.http.leased() == 0);
    }

    @AfterAll
    void close() {
        rig.close();
        impatient.close();
        bedrock.close();
    }

    @ParameterizedTest
    @CsvSource({
        "ThrottlingException,THROTTLED",
        "ServiceQuotaExceededException,THROTTLED",
        "ModelNotReadyException,UNAVAILABLE",
        "ModelTimeoutException,UNAVAILABLE",
        "ModelErrorException,UNAVAILABLE",
        "InternalServerException,UNAVAILABLE",
        "ServiceUnavailableException,UNAVAILABLE",
        "ValidationException,INVALID",
        "AccessDeniedException,ACCESS",
        "ResourceNotFoundException,ACCESS",
        "ExpiredTokenException,ACCESS",
        "UnrecognizedClientException,ACCESS",
        "InvalidSignatureException,ACCESS",
        "MissingAuthenticationTokenException,ACCESS",
        "SomethingNewException,UNAVAILABLE"
    })
    void should_tell_what_can_be_done_about_an_error(String type, Kind kind) {
        bedrock.always(Script.error(type, "in the service's words"));

        for (ModelException e : List.of(converse(), stream(new ModelRig.Heard()))) {
            assertEquals(kind, e.kind());
            assertFalse(e.heard());
            assertTrue(e.getMessage().contains("in the service's words"), e.getMessage());
        }
        assertEquals(1, rig.http.idle(), "the connection is fit for the next request");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            AccessDeniedException     | Model access is denied: aws-marketplace:Subscribe is needed | has signed for this model
            AccessDeniedException     | Model use case details have not been submitted               | has signed for this model
            ResourceNotFoundException | Access denied. This Model is marked by provider as Legacy    | end of its life
            """)
    void should_say_what_the_account_s_administrator_has_to_do(String type, String message, String hint) {
        bedrock.always(Script.error(type, message));

        for (ModelException e : List.of(converse(), stream(new ModelRig.Heard()))) {
            assertEquals(Kind.ACCESS, e.kind());
            assertTrue(e.getMessage().contains(hint), e.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "throttlingException,THROTTLED",
        "validationException,INVALID",
        "internalServerException,UNAVAILABLE",
        "serviceUnavailableException,UNAVAILABLE",
        "modelStreamErrorException,UNAVAILABLE"
    })
    void should_understand_an_exception_at_any_place_of_a_stream(String type, Kind kind) {
        for (int frame = 0; frame < WORDS.frames(); frame++) {
            bedrock.always(WORDS.fault(new Fault.ExceptionAt(frame, type, "mid-stream")));
            ModelRig.Heard heard = new ModelRig.Heard();
            ModelException e = stream(heard);
            assertEquals(kind, e.kind());
            assertEquals(!heard.events.isEmpty(), e.heard());
            assertTrue(e.getMessage().contains("mid-stream"));
        }
    }

    @ParameterizedTest
    @EnumSource(Cut.class)
    void should_fail_wherever_a_stream_is_cut(Cut how) throws Exception {
        int frames = WORDS.frames();
        for (int frame = 0; frame <= frames; frame++) {
            bedrock.always(WORDS.fault(new Fault.CutAt(frame, how)));
            ModelRig.Heard heard = new ModelRig.Heard();
            if (frame == frames) {
                assertEquals(
                        "one two three four five",
                        rig.models.stream(ModelRig.question("q"), heard).content().stream()
                                .map(block -> ((Content.Text) block).text())
                                .findFirst()
                                .orElseThrow());
                continue;
            }
            ModelException e = stream(heard);
            assertEquals(Kind.BROKEN_STREAM, e.kind(), "cut at " + frame);
            assertEquals(!heard.events.isEmpty(), e.heard());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Cut.class,
            names = {"FIN", "RESET"})
    void should_fail_when_a_whole_reply_is_cut(Cut how) {
        bedrock.always(WORDS.fault(new Fault.CutAt(0, how)));
        assertEquals(Kind.UNAVAILABLE, converse().kind());
    }

    @Test
    void should_fail_when_a_whole_reply_is_damaged() {
        bedrock.always(WORDS.fault(new Fault.CorruptCrcAt(0)));
        assertEquals(Kind.UNAVAILABLE, converse().kind());
    }

    @Test
    void should_fail_wherever_a_checksum_is_wrong() {
        for (int frame = 0; frame < WORDS.frames(); frame++) {
            bedrock.always(WORDS.fault(new Fault.CorruptCrcAt(frame)));
            assertEquals(Kind.BROKEN_STREAM, stream(new ModelRig.Heard()).kind());
        }
    }

    @Test
    void should_refuse_a_frame_that_is_too_large() throws Exception {
        bedrock.always(WORDS.fault(new Fault.OversizedAt(2, 20 << 20)));
        assertEquals(Kind.BROKEN_STREAM, stream(new ModelRig.Heard()).kind());
        assertTrue(bedrock.await(BOUND, b -> b.openRequests() == 0), "the rest of the frame is not read");
    }

    @Test
    void should_refuse_a_whole_reply_that_is_too_large() throws Exception {
        bedrock.always(Script.text("x".repeat(BedrockModel.LARGEST_REPLY)));
        assertEquals(Kind.BROKEN_STREAM, converse().kind());
        bedrock.always(Script.text("x".repeat(BedrockModel.LARGEST_REPLY / 2)));
        rig.models.converse(ModelRig.question("q"));
    }

    @Test
    void should_give_up_a_stream_that_falls_silent_anywhere() throws Exception {
        for (int frame = 0; frame < WORDS.frames(); frame++) {
            bedrock.always(WORDS.fault(new Fault.StallAt(frame, null)));
            ModelRig.Heard heard = new ModelRig.Heard();
            long start = System.nanoTime();
            ModelException e =
                    assertThrows(ModelException.class, () -> impatient.models.stream(ModelRig.question("q"), heard));
            assertEquals(Kind.TIMEOUT, e.kind());
            assertEndedBetween(290, start);
            assertTrue(heard.events.isEmpty() || heard.pauses > 0, "what had arrived was passed on before the silence");
            assertTrue(bedrock.await(BOUND, b -> b.openRequests() == 0));
        }
    }

    @Test
    void should_give_up_a_service_that_falls_silent_behind_encryption() throws Exception {
        bedrock.always(WORDS.fault(new Fault.StallAt(3, null)));
        try (Front front = Front.encrypted(bedrock);
                ModelRig encrypted = ModelRig.on(
                        front.uri(),
                        "agent.model.max-attempts",
                        "1",
                        "agent.model.idle-timeout",
                        "300ms",
                        "agent.model.connect-timeout",
                        "60s")) {
            ModelRig.Heard heard = new ModelRig.Heard();
            long start = System.nanoTime();
            ModelException e =
                    assertThrows(ModelException.class, () -> encrypted.models.stream(ModelRig.question("q"), heard));
            assertEquals(Kind.TIMEOUT, e.kind());
            assertEquals(!heard.events.isEmpty(), e.heard());
            assertEndedBetween(290, start);
            Await.until("the connection to be gone", () -> encrypted.http.leased() + encrypted.http.idle() == 0);
            assertTrue(bedrock.await(BOUND, b -> b.openRequests() == 0));
        }
    }

    @Test
    void should_be_cut_behind_the_deadline_though_the_service_goes_on_talking() throws Exception {
        for (boolean streamed : new boolean[] {true, false}) {
            bedrock.always(streamed ? WORDS.frameDelay(Duration.ofMillis(200)) : WORDS.delay(Duration.ofMinutes(5)));
            ModelRequest request = ModelRig.question("q", List.of(), Duration.ofMillis(500));
            long start = System.nanoTime();
            ModelException e = assertThrows(ModelException.class, () -> {
                if (streamed) {
                    rig.models.stream(request, new ModelRig.Heard());
                } else {
                    rig.models.converse(request);
                }
            });
            assertEquals(Kind.TIMEOUT, e.kind());
            assertEndedBetween(490 + BEHIND, start);
            assertTrue(bedrock.await(BOUND, b -> b.openRequests() == 0));
        }
    }

    @Test
    void should_be_cut_behind_the_deadline_though_single_bytes_drip_in() throws Exception {
        bedrock.always(WORDS);
        try (Relay drip = Relay.to(bedrock.port()).dripping(Duration.ofMillis(20));
                ModelRig slow = ModelRig.on(drip.uri())) {
            long start = System.nanoTime();
            ModelException e = assertThrows(
                    ModelException.class,
                    () -> slow.models.stream(
                            ModelRig.question("q", List.of(), Duration.ofMillis(700)), new ModelRig.Heard()));
            assertEquals(Kind.TIMEOUT, e.kind());
            assertEndedBetween(690, start);
        }
        try (Relay drip = Relay.to(bedrock.port()).dripping(Duration.ZERO);
                ModelRig slow = ModelRig.on(drip.uri())) {
            assertEquals(
                    "one two three four five",
                    ((Content.Text) slow.models.stream(ModelRig.question("q"), new ModelRig.Heard())
                                    .content()
                                    .getFirst())
                            .text());
        }
    }

    @Test
    void should_be_cut_behind_the_deadline_though_nobody_reads_the_request() throws Exception {
        try (Relay deaf = Relay.deaf();
                ModelRig slow = ModelRig.on(deaf.uri(), "agent.model.max-attempts", "1")) {
            long start = System.nanoTime();
            ModelException e = assertThrows(
                    ModelException.class,
                    () -> slow.models.converse(
                            ModelRig.question("x".repeat(30 << 20), List.of(), Duration.ofMillis(1_000))));
            assertEquals(Kind.TIMEOUT, e.kind());
            assertEndedBetween(990, start);
            Await.until("no connection to be held", () -> slow.http.leased() == 0);
        }
    }

    @Test
    void should_say_that_nobody_listens() {
        try (ModelRig nobody =
                ModelRig.on(java.net.URI.create("http://127.0.0.1:1"), "agent.model.max-attempts", "1")) {
            ModelException e = assertThrows(ModelException.class, () -> nobody.models.converse(ModelRig.question("q")));
            assertEquals(Kind.UNAVAILABLE, e.kind());
            Await.until("no connection to be held", () -> nobody.http.leased() == 0);
        }
    }

    @Test
    void should_ask_again_on_a_fresh_connection_when_the_pooled_ones_were_closed() throws Exception {
        try (Relay relay = Relay.to(bedrock.port());
                ModelRig behind = ModelRig.on(relay.uri(), "agent.model.max-attempts", "1")) {
            bedrock.always(WORDS);
            behind.models.converse(ModelRig.question("q"));
            assertEquals(1, behind.http.idle());
            relay.cutAll();
            behind.models.stream(ModelRig.question("q"), new ModelRig.Heard());
            assertEquals(2, relay.accepted());
        }
    }

    @Test
    void should_let_a_listener_s_own_failure_through_and_close_the_connection() throws Exception {
        bedrock.always(WORDS.frameDelay(Duration.ofMillis(100)));
        assertThrows(
                IllegalStateException.class,
                () -> rig.models.stream(ModelRig.question("q"), new ReplyListener() {
                    @Override
                    public void text(String delta) {
                        throw new IllegalStateException("gone");
                    }

                    @Override
                    public void toolUseStarted(String id, String name) {}

                    @Override
                    public void toolUseEnded(String id, Arguments arguments) {}
                }));
        assertTrue(bedrock.await(BOUND, b -> b.openRequests() == 0));
    }

    /** At its limit, and not by what ends a request else: no other limit is below {@link ModelRig#question}'s deadline of a minute. */
    private static void assertEndedBetween(long atLeastMillis, long start) {
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertTrue(millis >= atLeastMillis && millis < 50_000, millis + " ms");
    }

    private ModelException converse() {
        return assertThrows(ModelException.class, () -> rig.models.converse(ModelRig.question("q")));
    }

    private ModelException stream(ModelRig.Heard heard) {
        return assertThrows(ModelException.class, () -> rig.models.stream(ModelRig.question("q"), heard));
    }
}
