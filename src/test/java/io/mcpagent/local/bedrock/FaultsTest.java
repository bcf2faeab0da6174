package io.mcpagent.local.bedrock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.Script.Cut;
import io.mcpagent.local.bedrock.Script.Fault;
import io.mcpagent.local.bedrock.Script.Reply;
import io.mcpagent.local.bedrock.Wire.Answer;
import io.mcpagent.local.bedrock.Wire.End;
import io.mcpagent.local.bedrock.Wire.Frame;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every way in which an answer can go wrong. */
class FaultsTest {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final int PATIENCE = 60_000;
    /** Of this length a silence is one, also on a machine that does much else. */
    private static final int SILENCE = 1_500;

    private static final Reply REPLY = Script.text("one two three");

    private final LocalBedrock bedrock = LocalBedrock.start(0);

    @AfterEach
    void close() {
        bedrock.close();
    }

    @Test
    void should_cut_at_every_frame_in_every_way() throws IOException {
        for (int frame = 0; frame <= REPLY.frames(); frame++) {
            assertEquals(End.COMPLETE, cut(frame, Cut.CLEAN_END));
            assertEquals(End.CLOSED, cut(frame, Cut.FIN));
            assertEquals(End.RESET, cut(frame, Cut.RESET));
        }
    }

    private End cut(int frame, Cut how) throws IOException {
        Answer answer = stream(REPLY.fault(new Fault.CutAt(frame, how)), PATIENCE);
        // A reset may overtake what was sent before it.
        if (how != Cut.RESET) {
            assertEquals(frame, answer.frames().size());
        }
        return answer.end();
    }

    @Test
    void should_send_an_exception_frame_instead_of_the_rest() throws IOException {
        for (String type : List.of(
                "throttlingException",
                "modelStreamErrorException",
                "internalServerException",
                "serviceUnavailableException",
                "validationException",
                "modelTimeoutException")) {
            Answer answer = stream(REPLY.fault(new Fault.ExceptionAt(2, type, "oh")), PATIENCE);
            Frame last = answer.frames().getLast();
            assertEquals(3, answer.frames().size());
            assertEquals("exception", last.headers().get(":message-type"));
            assertEquals(type, last.headers().get(":exception-type"));
            assertEquals("oh", last.payload().path("message").asText());
            assertTrue(last.intact());
            assertEquals(End.COMPLETE, answer.end());
        }
    }

    @Test
    void should_stall_for_a_time_or_for_ever() throws IOException {
        Answer once = stream(REPLY.fault(new Fault.StallAt(2, Duration.ofMillis(200))), PATIENCE);
        assertEquals(REPLY.frames(), once.frames().size());
        Answer forEver = stream(REPLY.fault(new Fault.StallAt(2, null)), SILENCE);
        assertEquals(End.SILENT, forEver.end());
        assertEquals(2, forEver.frames().size());
        Answer beforeTheFirst = stream(REPLY.fault(new Fault.StallAt(0, null)), SILENCE);
        assertEquals(200, beforeTheFirst.status());
        assertEquals(0, beforeTheFirst.frames().size());
    }

    @Test
    void should_corrupt_one_checksum() throws IOException {
        Answer answer = stream(REPLY.fault(new Fault.CorruptCrcAt(1)), PATIENCE);
        assertEquals(List.of(1), broken(answer));
        assertEquals(List.of(), broken(stream(REPLY, PATIENCE)));
    }

    private static List<Integer> broken(Answer answer) {
        List<Integer> broken = new ArrayList<>();
        for (int i = 0; i < answer.frames().size(); i++) {
            if (!answer.frames().get(i).intact()) {
                broken.add(i);
            }
        }
        return broken;
    }

    @Test
    void should_send_an_oversized_frame() throws IOException {
        Answer answer = stream(REPLY.fault(new Fault.OversizedAt(1, 17 << 20)), PATIENCE);
        assertTrue(answer.frames().get(1).length() > 17 << 20);
        assertTrue(answer.frames().stream().allMatch(Frame::intact));
        assertEquals(REPLY.frames() + 1, answer.frames().size());
    }

    @Test
    void should_wait_before_the_head_and_between_frames() throws IOException {
        Instant start = Instant.now();
        Answer silent = stream(REPLY.delay(Duration.ofSeconds(30)), SILENCE);
        assertEquals(0, silent.status());
        Answer slow = stream(REPLY.frameDelay(Duration.ofMillis(20)), PATIENCE);
        assertEquals(REPLY.frames(), slow.frames().size());
        assertTrue(Duration.between(start, Instant.now()).toMillis() >= SILENCE + 20L * (REPLY.frames() - 1));
        assertNotEquals(0, slow.status());
    }

    @Test
    void should_fail_converse_in_the_same_ways() throws IOException {
        assertEquals(
                End.RESET,
                document(REPLY.fault(new Fault.CutAt(1, Cut.RESET)), PATIENCE).end());
        assertEquals(
                End.CLOSED,
                document(REPLY.fault(new Fault.CutAt(1, Cut.FIN)), PATIENCE).end());
        assertEquals(
                End.SILENT,
                document(REPLY.fault(new Fault.StallAt(1, null)), SILENCE).end());
        assertEquals(
                429,
                document(REPLY.fault(new Fault.ExceptionAt(1, "throttlingException", "oh")), PATIENCE)
                        .status());
        assertTrue(new String(document(REPLY.fault(new Fault.CorruptCrcAt(1)), PATIENCE)
                        .body())
                .contains("####"));
        assertEquals(
                End.SILENT,
                document(REPLY.delay(Duration.ofSeconds(30)), SILENCE).end());
    }

    @Test
    void should_notice_at_once_that_a_client_closes() throws Exception {
        bedrock.script(
                REPLY.fault(new Fault.StallAt(2, null)),
                REPLY.delay(Duration.ofMinutes(5)),
                REPLY.frameDelay(Duration.ofMinutes(1)),
                REPLY.fault(new Fault.StallAt(1, null)));
        for (String operation : List.of("converse-stream", "converse-stream", "converse-stream", "converse")) {
            long before = bedrock.requestCount();
            Instant closed;
            try (Wire wire = new Wire(bedrock)) {
                wire.send(operation, Wire.QUESTION);
                // The reply begins to stream a moment after its request is counted.
                int streams = operation.equals("converse") ? 0 : 1;
                assertTrue(bedrock.await(
                        BOUND,
                        state -> state.requestCount() == before + 1
                                && state.openRequests() == 1
                                && state.openStreams() == streams));
                closed = Instant.now();
            }
            assertTrue(bedrock.await(BOUND, state -> state.openRequests() == 0 && state.openConnections() == 0));
            RecordedRequest request = bedrock.requests().getLast();
            assertTrue(request.clientClosed().isPresent());
            assertTrue(Duration.between(closed, request.clientClosed().get()).toMillis() < 30_000);
        }
    }

    @Test
    void should_not_take_a_complete_answer_for_an_early_close() throws Exception {
        stream(REPLY.frameDelay(Duration.ofMillis(1)), PATIENCE);
        assertTrue(bedrock.await(BOUND, state -> state.openConnections() == 0));
        assertFalse(bedrock.requests().getFirst().clientClosed().isPresent());
    }

    private Answer stream(Reply reply, int silenceMillis) throws IOException {
        return send("converse-stream", reply, silenceMillis);
    }

    private Answer document(Reply reply, int silenceMillis) throws IOException {
        return send("converse", reply, silenceMillis);
    }

    private Answer send(String operation, Reply reply, int silenceMillis) throws IOException {
        bedrock.script(reply);
        try (Wire wire = new Wire(bedrock)) {
            return wire.send(operation, Wire.QUESTION).read(silenceMillis);
        }
    }
}
