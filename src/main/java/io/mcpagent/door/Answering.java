package io.mcpagent.door;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.access.Limits;
import io.mcpagent.base.Timers;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.Telemetry;
import io.mcpagent.turn.OpenTurn;
import io.mcpagent.turn.Question;
import io.mcpagent.turn.Run;
import io.mcpagent.turn.TurnEvent;
import io.mcpagent.turn.TurnListener;
import io.mcpagent.turn.Turns;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Answers a question for one HTTP request, in whatever protocol: within the caller's limits, and only as long as the client is there. To be used
 * on the request's own virtual thread. Safe for use by many threads.
 */
@Singleton
public final class Answering {

    private static final Logger LOG = Logger.getLogger(Answering.class);

    private final Turns turns;
    private final Limits limits;
    private final KeptReplies kept;
    private final Telemetry telemetry;
    private final Timers timers;
    private final ObjectMapper json;

    Answering(Turns turns, Limits limits, KeptReplies kept, Telemetry telemetry, Timers timers, ObjectMapper json) {
        this.turns = turns;
        this.limits = limits;
        this.kept = kept;
        this.telemetry = telemetry;
        this.timers = timers;
        this.json = json;
    }

    /**
     * The whole answer.
     *
     * @throws ProblemException if it is refused or fails
     */
    public ChatReply answer(Question question, RoutingContext http) {
        return answer(question, http, run -> {});
    }

    /**
     * The whole answer.
     *
     * @param onRun hears of the run before it begins, so that it can be stopped for other reasons than that the client left
     * @throws ProblemException if it is refused or fails
     */
    public ChatReply answer(Question question, RoutingContext http, Consumer<Run> onRun) {
        try (OpenTurn turn = turns.open(question, new RequestClient(limits, http, onRun))) {
            String earlier = turn.earlierAnswer();
            return earlier == null ? ChatReply.of(turn.run(TurnListener.NONE)) : kept.read(earlier);
        }
    }

    /**
     * The answer as it comes. The turn starts only when the response is written. Started earlier, it would keep its place and its conversation if
     * the client had left meanwhile: nobody writes a response to a client that is gone.
     *
     * @param format how it is told
     * @return what runs the turn while it is written; throws a {@link ProblemException} if it is refused, or fails before anything was written
     */
    public StreamingOutput stream(Question question, EventFormat.Factory format, RoutingContext http) {
        return stream(question, format, http, run -> {});
    }

    /** The same, for a run that can be stopped for other reasons than that the client left: {@code onRun} hears of it before it begins. */
    public StreamingOutput stream(
            Question question, EventFormat.Factory format, RoutingContext http, Consumer<Run> onRun) {
        return out -> {
            try (OpenTurn turn = turns.open(question, new RequestClient(limits, http, onRun))) {
                String earlier = turn.earlierAnswer();
                ChatReply reply = earlier == null ? null : kept.read(earlier);
                EventFormat events = reply == null
                        ? format.of(turn.conversationId(), turn.runId())
                        : format.of(reply.conversationId(), reply.runId());
                write(out, events, stream -> {
                    if (reply == null) {
                        stream.on(new TurnEvent.Finished(turn.run(stream)));
                    } else {
                        stream.on(new TurnEvent.Started(reply.conversationId(), reply.runId()));
                        stream.replay(reply);
                    }
                });
            }
        };
    }

    private void write(OutputStream out, EventFormat format, Consumer<EventStream> turn) {
        telemetry.streamBegins();
        try (JsonEvents gathered = new JsonEvents(json);
                EventStream stream = new EventStream(format, gathered, out, timers)) {
            try {
                turn.accept(stream);
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
}
