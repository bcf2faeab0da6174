package io.mcpagent.access;

import io.mcpagent.base.Timers;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.core.http.HttpConnection;
import jakarta.inject.Singleton;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.IOException;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Closes the connection of a client whose body does not arrive in {@code quarkus.http.read-timeout}. The server's own limit begins anew with each
 * byte, so that a body in drips would keep its thread for as long as it likes.
 */
@Provider
@Singleton
final class SlowBodies implements ReaderInterceptor {

    private final CurrentVertxRequest current;
    private final jakarta.inject.Provider<Timers> timers;
    private final jakarta.inject.Provider<Duration> configured;
    private volatile @Nullable Duration longest;

    // Asked for when they are needed: this object is made before the run-time configuration is there, and in the native
    // executable before the process.
    SlowBodies(
            CurrentVertxRequest current,
            jakarta.inject.Provider<Timers> timers,
            @ConfigProperty(name = "quarkus.http.read-timeout") jakarta.inject.Provider<Duration> longest) {
        this.current = current;
        this.timers = timers;
        this.configured = longest;
    }

    @Override
    public Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
        HttpConnection connection = current.getCurrent().request().connection();
        // Not Vert.x' own timer: to set and to cancel one from here wakes the event loop twice.
        Timers.Timer timer = timers.get().after(longest(), connection::close);
        try {
            return context.proceed();
        } finally {
            timer.cancel();
        }
    }

    private Duration longest() {
        Duration known = longest;
        if (known == null) {
            known = configured.get();
            longest = known;
        }
        return known;
    }
}
