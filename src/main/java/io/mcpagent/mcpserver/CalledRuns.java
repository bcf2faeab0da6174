package io.mcpagent.mcpserver;

import io.mcpagent.turn.Run;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The runs that MCP clients wait for in this process, so that they can call them off. Safe for use by many threads. */
@Singleton
final class CalledRuns {

    private final Map<Key, Run> runs = new ConcurrentHashMap<>();

    /**
     * What names a request.
     *
     * @param subject its verified caller: nobody can stop the runs of somebody else
     * @param session its client's session, or null
     * @param id      its id in that session, as JSON
     */
    record Key(String subject, String session, String id) {}

    /** A run has begun for this request. */
    void add(Key key, Run run) {
        runs.put(key, run);
    }

    /** The request is answered. */
    void remove(Key key) {
        runs.remove(key);
    }

    /** Stops the run of this request, if there is one. */
    void cancel(Key key) {
        Run run = runs.get(key);
        if (run != null) {
            run.cancel(Run.Reason.CLIENT_GONE);
        }
    }
}
