package io.mcpagent.door;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.Telemetry;
import io.mcpagent.turn.TurnEvent;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jboss.logging.Logger;

/** Gives answers as server-sent events. Safe for use by many threads. */
@Singleton
final class EventStreams {

    private static final Logger LOG = Logger.getLogger(EventStreams.class);

    private final Chat chat;
    private final Telemetry telemetry;
    private final ObjectMapper json;
    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("heartbeats").factory());

    EventStreams(Chat chat, Telemetry telemetry, ObjectMapper json) {
        this.chat = chat;
        this.telemetry = telemetry;
        this.json = json;
        clock.setRemoveOnCancelPolicy(true);
    }

    /**
     * Runs the exchange's turn and writes its events to {@code out}, which stays open.
     *
     * @param format how they are told
     * @throws ProblemException if the turn failed before anything of it was told
     */
    void answer(Exchange exchange, EventFormat format, OutputStream out) {
        telemetry.streamBegins();
        try (JsonEvents gathered = new JsonEvents(json);
                EventStream stream = new EventStream(format, gathered, out, clock)) {
            try {
                ChatReply reply = chat.answer(exchange, stream);
                if (exchange.earlier() != null) {
                    stream.replay(reply);
                }
            } catch (ProblemException e) {
                if (!stream.begun()) {
                    throw e;
                }
                stream.on(new TurnEvent.Failed(e.problem(), e.detail()));
            }
            stream.flush();
        } catch (UncheckedIOException e) {
            LOG.debug("The client left before its answer was complete", e);
        } finally {
            telemetry.streamEnds();
        }
    }

    @PreDestroy
    void close() {
        clock.shutdownNow();
    }
}
