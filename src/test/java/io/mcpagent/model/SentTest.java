package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.model.ModelException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the budget has to believe of a call that failed: nothing was sent, or refused, and it costs nothing; or the service may have worked on it. For
 * each kind of failure, whole and streamed, with the faults made on the wire.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class SentTest {

    private static final Script.Reply WORDS = Script.text("one two three four five");
    private static final int FIRST_WORD = 1;

    private final LocalBedrock bedrock = LocalBedrock.start(0);

    /** Where the model client is sent to. */
    private enum Way {
        TO_THE_SERVICE,
        TO_NOBODY,
        TO_ONE_THAT_HANGS_UP
    }

    /**
     * One fault.
     *
     * @param sent  whether the service may have worked on the request
     * @param heard whether a part of a streamed reply is passed on before
     */
    private record Case(String name, Way way, Script reply, boolean streamed, Kind kind, boolean sent, boolean heard) {
        @Override
        public String toString() {
            return name + (streamed ? ", streamed" : ", whole");
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

    static List<Case> cases() {
        return Stream.of(true, false).flatMap(SentTest::cases).toList();
    }

    private static Stream<Case> cases(boolean streamed) {
        Stream<Case> both = Stream.of(
                refused("ThrottlingException", Kind.THROTTLED, streamed),
                refused("ServiceUnavailableException", Kind.UNAVAILABLE, streamed),
                refused("ValidationException", Kind.INVALID, streamed),
                refused("AccessDeniedException", Kind.ACCESS, streamed),
                failed("InternalServerException", streamed),
                failed("ModelTimeoutException", streamed),
                failed("ModelErrorException", streamed),
                new Case("nobody listens", Way.TO_NOBODY, WORDS, streamed, Kind.UNAVAILABLE, false, false),
                new Case("hung up on", Way.TO_ONE_THAT_HANGS_UP, WORDS, streamed, Kind.UNAVAILABLE, true, false),
                new Case(
                        "silent from the beginning",
                        Way.TO_THE_SERVICE,
                        WORDS.delay(Duration.ofMinutes(5)),
                        streamed,
                        Kind.TIMEOUT,
                        true,
                        false));
        Stream<Case> streams = Stream.of(
                fault("throttled", new Fault.ExceptionAt(0, "throttlingException", "no"), Kind.THROTTLED, false),
                fault("refused", new Fault.ExceptionAt(0, "validationException", "no"), Kind.INVALID, false),
                fault("failed", new Fault.ExceptionAt(3, "internalServerException", "no"), Kind.UNAVAILABLE, true),
                fault("silent before the first word", new Fault.StallAt(FIRST_WORD, null), Kind.TIMEOUT, false),
                fault("silent after some words", new Fault.StallAt(4, null), Kind.TIMEOUT, true),
                fault("cut at the first frame", new Fault.CutAt(0, Cut.RESET), Kind.BROKEN_STREAM, false),
                fault("cut after some words", new Fault.CutAt(4, Cut.RESET), Kind.BROKEN_STREAM, true));
        return streamed
                ? Stream.concat(both, streams)
                : Stream.concat(
                        both,
                        Stream.of(new Case(
                                "cut within the reply",
                                Way.TO_THE_SERVICE,
                                WORDS.fault(new Fault.CutAt(0, Cut.RESET)),
                                false,
                                Kind.UNAVAILABLE,
                                true,
                                false)));
    }

    private static Case refused(String type, Kind kind, boolean streamed) {
        return new Case(type, Way.TO_THE_SERVICE, Script.error(type, "no"), streamed, kind, false, false);
    }

    /** The model may have worked on it. */
    private static Case failed(String type, boolean streamed) {
        return new Case(type, Way.TO_THE_SERVICE, Script.error(type, "no"), streamed, Kind.UNAVAILABLE, true, false);
    }

    private static Case fault(String name, Fault fault, Kind kind, boolean heard) {
        return new Case(name + " in the stream", Way.TO_THE_SERVICE, WORDS.fault(fault), true, kind, true, heard);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void should_know_whether_the_service_may_bill_what_failed(Case one) throws Exception {
        bedrock.always(one.reply);
        boolean silent = one.kind == Kind.TIMEOUT;
        try (ServerSocket hangingUp = hangingUp();
                ModelRig rig = ModelRig.on(
                        switch (one.way) {
                            case TO_THE_SERVICE -> bedrock.uri();
                            case TO_NOBODY -> URI.create("http://127.0.0.1:1");
                            case TO_ONE_THAT_HANGS_UP -> URI.create("http://127.0.0.1:" + hangingUp.getLocalPort());
                        },
                        "agent.model.max-attempts",
                        "1",
                        "agent.model.idle-timeout",
                        silent ? "2s" : "60s")) {
            List<String> counted = new ArrayList<>();
            ModelException e =
                    ask(rig, one.streamed, Duration.ofSeconds(silent && !one.streamed ? 2 : 60), counting(counted));

            assertEquals(one.kind, e.kind(), e.getMessage());
            assertEquals(one.sent, e.sent(), "sent");
            assertEquals(List.of("begun " + ModelRig.MODEL, one.sent ? "unknown" : "cancelled"), counted);
            assertEquals(one.heard, e.heard(), "heard");
        }
    }

    @Test
    void should_have_a_case_for_each_kind_of_failure() {
        Set<Kind> covered = EnumSet.of(Kind.BREAKER_OPEN);
        cases().forEach(one -> covered.add(one.kind));
        assertEquals(EnumSet.allOf(Kind.class), covered);
    }

    @Test
    void should_cost_nothing_when_the_breaker_is_open() throws Exception {
        try (ModelRig rig = ModelRig.on(
                URI.create("http://127.0.0.1:1"),
                "agent.model.max-attempts",
                "1",
                "agent.model.breaker-failures",
                "1")) {
            ask(rig, true);
            for (boolean streamed : new boolean[] {true, false}) {
                ModelException e = ask(rig, streamed);
                assertEquals(Kind.BREAKER_OPEN, e.kind());
                assertEquals(false, e.sent());
            }
        }
    }

    /** K5: five attempts were one, or none. */
    @Test
    void should_count_each_attempt_by_itself() throws Exception {
        bedrock.script(
                WORDS.fault(new Fault.CutAt(0, Cut.RESET)),
                Script.error("ThrottlingException", "no"),
                WORDS.fault(new Fault.CutAt(0, Cut.RESET)));
        bedrock.always(WORDS);
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.max-attempts", "5")) {
            List<String> counted = new ArrayList<>();
            rig.models.stream(
                    ModelRig.question("Count.", Duration.ofSeconds(60), counting(counted)), new ModelRig.Heard());
            String begun = "begun " + ModelRig.MODEL;
            assertEquals(List.of(begun, "unknown", begun, "cancelled", begun, "unknown", begun, "settled"), counted);
        }
    }

    /** Keeps what is told of each attempt; only the first word of its end counts. */
    private static Spending counting(List<String> counted) {
        return modelId -> {
            counted.add("begun " + modelId);
            return new Spending.Attempt() {
                private boolean ended;

                private void end(String how) {
                    if (!ended) {
                        counted.add(how);
                    }
                    ended = true;
                }

                @Override
                public void settle(Usage used) {
                    end("settled");
                }

                @Override
                public void settleUnknown() {
                    end("unknown");
                }

                @Override
                public void cancel() {
                    end("cancelled");
                }
            };
        };
    }

    /** Reads something of each request and hangs up. */
    private static ServerSocket hangingUp() throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try (Socket caller = server.accept()) {
                    caller.getInputStream().read(new byte[64 << 10]);
                } catch (IOException e) {
                    return;
                }
            }
        });
        return server;
    }

    private static ModelException ask(ModelRig rig, boolean streamed) {
        return ask(rig, streamed, Duration.ofSeconds(60), Spending.FREE);
    }

    private static ModelException ask(ModelRig rig, boolean streamed, Duration deadline, Spending spending) {
        ModelRequest request = ModelRig.question("q", deadline, spending);
        return assertThrows(ModelException.class, () -> {
            if (streamed) {
                rig.models.stream(request, new ModelRig.Heard());
            } else {
                rig.models.converse(request);
            }
        });
    }
}
