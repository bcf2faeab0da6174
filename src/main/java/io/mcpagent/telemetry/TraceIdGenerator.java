package io.mcpagent.telemetry;

import io.mcpagent.base.TraceIds;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.sdk.trace.IdGenerator;
import jakarta.inject.Singleton;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes ids that X-Ray takes as its own: a trace id begins with the time. A load balancer's {@code X-Amzn-Trace-Id} names a trace but no span in it,
 * so a trace that begins here can be {@link #GIVEN} its id.
 */
@Singleton
final class TraceIdGenerator implements IdGenerator {

    /** The id of the trace that begins in this scope. */
    static final ScopedValue<String> GIVEN = ScopedValue.newInstance();

    @Override
    public String generateTraceId() {
        return GIVEN.isBound() ? GIVEN.get() : TraceIds.random();
    }

    @Override
    public String generateSpanId() {
        long id = ThreadLocalRandom.current().nextLong();
        // All zeros would be no id.
        return SpanId.fromLong(id == 0 ? 1 : id);
    }
}
