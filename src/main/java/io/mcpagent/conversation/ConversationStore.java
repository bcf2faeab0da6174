package io.mcpagent.conversation;

import io.mcpagent.config.AgentConfig;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Makes the one store that {@code agent.conversation.store} names. Without DynamoDB its client is never made. */
@Singleton
public final class ConversationStore {

    private static final Logger LOG = Logger.getLogger(ConversationStore.class);

    private final boolean shared;
    private final @Nullable MemoryConversations memory;
    private final DynamoTable table;
    private final Conversations conversations;
    private final IdempotentReplies replies;
    private final ApprovalDesks desks;

    @Inject
    ConversationStore(AgentConfig config, Instance<DynamoDbClient> client) {
        AgentConfig.ConversationSettings settings = config.conversation();
        this.table = new DynamoTable(client::get, settings.table());
        this.shared = settings.store() == AgentConfig.Store.DYNAMODB;
        switch (settings.store()) {
            case MEMORY -> {
                OwnedMemory owned = new OwnedMemory(
                        settings.memoryCapacity(),
                        settings.memorySize().asLongValue(),
                        InstantSource.system(),
                        System::nanoTime);
                MemoryIdempotentReplies kept = new MemoryIdempotentReplies(owned);
                this.memory = new MemoryConversations(settings.ttl(), owned, kept);
                this.replies = kept;
                this.conversations = memory;
                this.desks = new MemoryApprovalDesks(InstantSource.system());
            }
            case DYNAMODB -> {
                DynamoIdempotentReplies dynamo = new DynamoIdempotentReplies(table, InstantSource.system());
                this.memory = null;
                this.replies = dynamo;
                this.conversations = new DynamoConversations(table, dynamo, settings.ttl(), InstantSource.system());
                this.desks = new DynamoApprovalDesks(table, InstantSource.system());
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

    /** Names the conversations that are kept in the memory of this process, each by its owner and its id; none if DynamoDB keeps them. */
    public void forEachInMemory(BiConsumer<String, String> ownerAndId) {
        if (memory != null) {
            memory.forEach(ownerAndId);
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
    ApprovalDesks desks() {
        return desks;
    }

    @Produces
    @Singleton
    DynamoTable table() {
        return table;
    }
}
