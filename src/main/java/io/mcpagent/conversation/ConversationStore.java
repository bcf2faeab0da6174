package io.mcpagent.conversation;

import io.mcpagent.config.AgentConfig;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import org.jboss.logging.Logger;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Makes the one store that {@code agent.conversation.store} names. Without DynamoDB its client is never made. */
@Singleton
final class ConversationStore {

    private static final Logger LOG = Logger.getLogger(ConversationStore.class);

    private final boolean shared;
    private final DynamoTable table;
    private final Conversations conversations;
    private final IdempotentReplies replies;

    @Inject
    ConversationStore(AgentConfig config, Instance<DynamoDbClient> client) {
        AgentConfig.Conversation settings = config.conversation();
        this.table = new DynamoTable(client::get, settings.table());
        this.shared = settings.store() == AgentConfig.Store.DYNAMODB;
        switch (settings.store()) {
            case MEMORY -> {
                MemoryIdempotentReplies memory = new MemoryIdempotentReplies(settings.memoryCapacity());
                this.replies = memory;
                this.conversations = new MemoryConversations(settings.ttl(), settings.memoryCapacity(), memory);
            }
            case DYNAMODB -> {
                DynamoIdempotentReplies dynamo = new DynamoIdempotentReplies(table, InstantSource.system());
                this.replies = dynamo;
                this.conversations = new DynamoConversations(table, dynamo, settings.ttl(), InstantSource.system());
            }
            default -> throw new IllegalStateException("no such store: " + settings.store());
        }
    }

    /** Loads the SDK, the credentials and a connection beside the start, so that the first caller does not wait for them. */
    void start(@Observes StartupEvent event) {
        if (shared) {
            Thread.ofVirtual().name("warm-up").start(() -> {
                try {
                    table.warmUp();
                } catch (RuntimeException e) {
                    LOG.warnf("The conversations' table is not ready: %s", e.getMessage());
                }
            });
        }
    }

    @Produces
    @Singleton
    Conversations conversations() {
        return conversations;
    }

    @Produces
    @Singleton
    IdempotentReplies replies() {
        return replies;
    }

    @Produces
    @Singleton
    DynamoTable table() {
        return table;
    }
}
