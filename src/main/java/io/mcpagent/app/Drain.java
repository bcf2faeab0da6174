package io.mcpagent.app;

import io.mcpagent.turn.Runs;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import sun.misc.Signal;

/**
 * Ends the process well: on SIGTERM or SIGINT new turns are refused, the running ones end, and the process exits with 0. Amazon ECS sends SIGKILL
 * at most 120 s after SIGTERM.
 */
@Singleton
final class Drain {

    private static final Logger LOG = Logger.getLogger(Drain.class);
    private static final Duration LONGEST = Duration.ofSeconds(105);

    private final Runs runs;
    private final AtomicBoolean begun = new AtomicBoolean();

    Drain(Runs runs) {
        this.runs = runs;
    }

    /** Takes the signals over from Quarkus, which would exit at once, and not with 0. In dev mode and tests they stay as they are. */
    void install(@Observes StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            for (String name : new String[] {"TERM", "INT"}) {
                Signal.handle(
                        new Signal(name),
                        signal -> Thread.ofPlatform().name("drain").start(this::drain));
            }
        }
    }

    private void drain() {
        if (!begun.compareAndSet(false, true)) {
            return;
        }
        LOG.infof("Shutting down: %d turns are running", runs.count());
        try {
            boolean all = runs.drain(LONGEST);
            LOG.info(all ? "Shut down: all turns have ended" : "Shut down: the remaining turns have been stopped");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Quarkus.asyncExit(0);
    }
}
