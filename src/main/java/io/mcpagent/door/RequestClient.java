package io.mcpagent.door;

import io.mcpagent.access.DoorNames;
import io.mcpagent.access.Limits;
import io.mcpagent.turn.Client;
import io.mcpagent.turn.Run;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.vertx.core.net.impl.ConnectionBase;
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
        // A response's handler that another thread adds while the connection is being closed may never be called.
        // The connection's own future tells of any close, also of an earlier one.
        Channel connection = ((ConnectionBase) http.request().connection()).channel();
        ChannelFutureListener left = closed -> run.cancel(Run.Reason.CLIENT_GONE);
        connection.closeFuture().addListener(left);
        // Also hears of a response that ended well; by then the run has ended and can't be stopped any more.
        http.addEndHandler(ended -> {
            connection.closeFuture().removeListener(left);
            run.cancel(Run.Reason.CLIENT_GONE);
        });
        // Nobody tells it of a client that had left before.
        if (http.response().closed()) {
            run.cancel(Run.Reason.CLIENT_GONE);
        }
        onRun.accept(run);
    }
}
