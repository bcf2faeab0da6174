package io.mcpagent.audit;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.DynamoTable;
import io.mcpagent.telemetry.Telemetry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Makes the audit trail, in the store that {@code agent.audit.store} names. */
@Singleton
final class AuditProducer {

    @Produces
    @Singleton
    Audit audit(AgentConfig config, Telemetry telemetry, Instance<DynamoDbClient> client) {
        AgentConfig.AuditSettings settings = config.audit();
        return new Audit(
                switch (settings.store()) {
                    case MEMORY -> new MemoryAuditStore(MemoryAuditStore.CAPACITY);
                    case DYNAMODB ->
                        new DynamoAuditStore(new DynamoTable(client::get, settings.table()), settings.ttl());
                },
                InstantSource.system(),
                settings::timeout,
                settings.arguments() == AgentConfig.AuditedArguments.WHOLE,
                telemetry::auditFailed);
    }

    void start(@Observes StartupEvent event, Audit audit) {}

    /** The requests have ended by now. */
    void stop(@Observes ShutdownEvent event, Audit audit) {
        audit.close();
    }
}
