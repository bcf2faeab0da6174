package io.mcpagent.access;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import jakarta.inject.Singleton;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.IOException;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Closes the connection of a client whose body does not arrive in {@code quarkus.http.read-timeout}. The server's own limit begins anew with each
 * byte, so that a body in drips would keep its thread for as long as it likes.
 */
@Provider
@Singleton
final class SlowBodies implements ReaderInterceptor {

    private final CurrentVertxRequest current;
    private final jakarta.inject.Provider<Duration> longest;

    // Asked for when it is needed: this object is made before the run-time configuration is there.
    SlowBodies(
            CurrentVertxRequest current,
            @ConfigProperty(name = "quarkus.http.read-timeout") jakarta.inject.Provider<Duration> longest) {
        this.current = current;
        this.longest = longest;
    }

    @Override
    public Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
        Vertx vertx = current.getCurrent().vertx();
        HttpConnection connection = current.getCurrent().request().connection();
        long timer = vertx.setTimer(longest.get().toMillis(), id -> connection.close());
        try {
            return context.proceed();
        } finally {
            vertx.cancelTimer(timer);
        }
    }
}
