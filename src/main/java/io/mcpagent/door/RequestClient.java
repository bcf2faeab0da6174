package io.mcpagent.door;

import io.mcpagent.access.DoorNames;
import io.mcpagent.access.Limits;
import io.mcpagent.turn.Client;
import io.mcpagent.turn.Run;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Consumer;

/** The client of one HTTP request: it is admitted within its caller's limits, and stops its run by closing the connection. */
record RequestClient(Limits limits, RoutingContext http, Consumer<Run> onRun) implements Client {

    @Override
    public Slot admit() {
        return limits.take()::close;
    }

    @Override
    public String door() {
        return DoorNames.of(http);
    }

    @Override
    public void began(Run run) {
        // Also hears of a response that ended well; by then the run has ended and can't be stopped any more.
        http.addEndHandler(ended -> run.cancel(Run.Reason.CLIENT_GONE));
        // Nobody tells it of a client that had left before.
        if (http.response().closed()) {
            run.cancel(Run.Reason.CLIENT_GONE);
        }
        onRun.accept(run);
    }
}
