package io.mcpagent.mcpserver;

import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The runs that MCP clients wait for in this process, so that they can call them off. Without a session nobody can tell whose request an id names,
 * since every client counts from one: such a client ends its run by closing its connection. Safe for use by many threads.
 */
@Singleton
final class CalledRuns {

    private final Map<Key, Runnable> stops = new ConcurrentHashMap<>();

    /**
     * What names a request.
     *
     * @param subject its verified caller: nobody can stop the runs of somebody else
     * @param session its client's session, or null
     * @param id      its id in that session, as JSON
     */
    record Key(String subject, @Nullable String session, String id) {}

    /** A request that is being answered; closed when it is. */
    Called called(Key key) {
        return new Called(key);
    }

    /** Stops the run of this request, if there is one. */
    void cancel(Key key) {
        Runnable stop = stops.get(key);
        if (stop != null) {
            stop.run();
        }
    }

    /** One request; of two with the same name the first one can be called off. */
    final class Called implements AutoCloseable {

        private final Key key;
        private @Nullable Runnable begun;

        private Called(Key key) {
            this.key = key;
        }

        /** A run has begun for it, which this stops. */
        void began(Runnable stop) {
            if (key.session() != null && !key.session().isBlank() && stops.putIfAbsent(key, stop) == null) {
                begun = stop;
            }
        }

        @Override
        public void close() {
            if (begun != null) {
                stops.remove(key, begun);
            }
        }
    }
}
