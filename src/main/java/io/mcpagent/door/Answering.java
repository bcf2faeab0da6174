package io.mcpagent.door;

import io.mcpagent.access.Limits;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Run;
import io.mcpagent.turn.TurnListener;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Answers a question for one HTTP request, in whatever protocol: within the caller's limits, and only as long as the client is there. To be used
 * on the request's own virtual thread. Safe for use by many threads.
 */
@Singleton
public final class Answering {

    private static final Consumer<Run> NOBODY = run -> {};

    private final Chat chat;
    private final Limits limits;
    private final EventStreams streams;

    Answering(Chat chat, Limits limits, EventStreams streams) {
        this.chat = chat;
        this.limits = limits;
        this.streams = streams;
    }

    /**
     * The whole answer.
     *
     * @throws ProblemException if it is refused or fails
     */
    public ChatReply answer(Question question, RoutingContext http) {
        return answer(question, http, NOBODY);
    }

    /**
     * The whole answer.
     *
     * @param onRun hears of the run before it begins, so that it can be stopped for other reasons than that the client left
     * @throws ProblemException if it is refused or fails
     */
    public ChatReply answer(Question question, RoutingContext http, Consumer<Run> onRun) {
        return chat.answer(accept(question, http, onRun), TurnListener.NONE);
    }

    /**
     * The answer as it comes. Nothing happens before it is written: nobody writes to a client that has left meanwhile, and what was taken for it
     * would stay taken.
     *
     * @param format how it is told
     * @return what runs the turn while it is written; throws a {@link ProblemException} if it is refused, or fails before anything was written
     */
    public StreamingOutput stream(Question question, Function<Exchange, EventFormat> format, RoutingContext http) {
        return out -> {
            Exchange exchange = accept(question, http, NOBODY);
            streams.answer(exchange, format.apply(exchange), out);
        };
    }

    /** The place is given back when the turn has ended, not when its answer has gone out: who reads slowly takes no place from others. */
    private Exchange accept(Question question, RoutingContext http, Consumer<Run> onRun) {
        Limits.Place place = limits.take();
        try {
            Exchange exchange = chat.accept(question, run -> {
                run.whenEnded(place::close);
                // Also hears of a response that ended well; by then the run has ended and can't be stopped any more.
                http.addEndHandler(ended -> run.cancel(Run.Reason.CLIENT_GONE));
                // Nobody tells it of a client that had left before.
                if (http.response().closed()) {
                    run.cancel(Run.Reason.CLIENT_GONE);
                }
                onRun.accept(run);
            });
            if (exchange.run() == null) {
                place.close();
            }
            return exchange;
        } catch (RuntimeException e) {
            place.close();
            throw e;
        }
    }
}
