package io.mcpagent.audit;

import io.mcpagent.access.DoorNames;
import io.quarkus.security.spi.runtime.AuthenticationFailureEvent;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicLong;

/** Records who could not be verified. Of a flood of them a few in each second are recorded, and how many more there were. */
@Singleton
final class AuditedSignIns {

    private static final int MOST_IN_A_SECOND = 5;

    private final Audit audit;
    private final AtomicLong second = new AtomicLong();
    private final AtomicLong inSecond = new AtomicLong();
    private final AtomicLong unrecorded = new AtomicLong();

    AuditedSignIns(Audit audit) {
        this.audit = audit;
    }

    void failed(@Observes AuthenticationFailureEvent event) {
        long now = System.nanoTime() / 1_000_000_000;
        if (second.getAndSet(now) != now) {
            inSecond.set(0);
        }
        if (inSecond.incrementAndGet() > MOST_IN_A_SECOND) {
            unrecorded.incrementAndGet();
            return;
        }
        AuditEntry entry = AuditEntry.of(AuditEntry.Act.SIGN_IN_FAILED, "unknown");
        if (event.getEventProperties().get(RoutingContext.class.getName()) instanceof RoutingContext http) {
            entry = entry.with("door", DoorNames.of(http));
        }
        long more = unrecorded.getAndSet(0);
        audit.note(more == 0 ? entry : entry.with("unrecordedBefore", more));
    }
}
