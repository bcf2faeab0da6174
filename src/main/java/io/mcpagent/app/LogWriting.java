package io.mcpagent.app;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.logging.Handler;
import org.jboss.logmanager.LogContext;
import org.jboss.logmanager.Logger;
import org.jspecify.annotations.Nullable;

/** Puts {@link BoundedLog} before what writes the log while the agent serves. In dev mode and tests the log stays as it is. */
@Singleton
final class LogWriting {

    private static final Duration LAST_RECORDS = Duration.ofSeconds(2);

    private Handler[] direct = {};
    private @Nullable BoundedLog bounded;

    void begin(@Observes @Priority(1) StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            Logger root = LogContext.getLogContext().getLogger("");
            direct = root.getHandlers();
            BoundedLog log = new BoundedLog(direct);
            bounded = log;
            root.setHandlers(new Handler[] {log});
        }
    }

    /** The last records are written by the threads that log them, if the log is read. So no thread has to be waited for when the process exits. */
    void end(@Observes @Priority(1) ShutdownEvent event) throws InterruptedException {
        if (bounded != null && bounded.written(LAST_RECORDS)) {
            LogContext.getLogContext().getLogger("").setHandlers(direct);
        }
    }
}
