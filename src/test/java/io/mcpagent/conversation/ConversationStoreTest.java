package io.mcpagent.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.mcpagent.budget.Budget;
import io.mcpagent.budget.Meter;
import io.mcpagent.conversation.Conversations.Change;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Usage;
import io.mcpagent.support.Await;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The store as the service makes it: on DynamoDB, with endpoint, region and credentials from the SDK's own settings. */
@QuarkusTest
@TestProfile(ConversationStoreTest.OnDynamoDb.class)
class ConversationStoreTest {

    public static final class OnDynamoDb implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "agent.conversation.store",
                    "dynamodb",
                    "quarkus.dynamodb.devservices.enabled",
                    "false",
                    "quarkus.secretsmanager.devservices.enabled",
                    "false",
                    "agent.budget.caller-day-tokens",
                    "1000",
                    "quarkus.http.test-port",
                    "0");
        }

        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(Server.class));
        }
    }

    public static final class Server implements QuarkusTestResourceLifecycleManager {

        private static final List<String> SETTINGS =
                List.of("aws.endpointUrlDynamoDb", "aws.region", "aws.accessKeyId", "aws.secretAccessKey");

        private DynamoDbLocal server;

        @Override
        public Map<String, String> start() {
            server = DynamoDbLocal.running();
            List<String> values = List.of(server.url().toString(), "us-east-1", "test", "test");
            for (int i = 0; i < SETTINGS.size(); i++) {
                System.setProperty(SETTINGS.get(i), values.get(i));
            }
            try (DynamoDbClient client = DynamoTables.client(server.url())) {
                return Map.of("agent.conversation.table", DynamoTables.create(client));
            }
        }

        @Override
        public void stop() {
            SETTINGS.forEach(System::clearProperty);
        }
    }

    @Inject
    Conversations conversations;

    @Inject
    IdempotentReplies replies;

    @Inject
    Budget budget;

    @Test
    void should_store_in_dynamodb() {
        assertInstanceOf(DynamoConversations.class, conversations);
        // The first calls load the SDK, which may take longer on a busy machine than a caller is made to wait.
        Await.until("the store to serve", () -> {
            storeAsOf("caller-" + UUID.randomUUID());
            return true;
        });
    }

    private void storeAsOf(String caller) {
        Conversation opened = conversations.open(caller, null, false, "run", Duration.ofSeconds(30));
        Conversation saved = conversations.save(opened, "run", Change.finished(Samples.toolTurn("run"), null));
        assertEquals(saved, conversations.find(caller, opened.id()).orElseThrow());
        assertEquals(
                new IdempotentReplies.Claim.Claimed(),
                replies.claim(caller, "key", "hash", "run", Duration.ofSeconds(30)));
        Meter meter = budget.open(Identity.of(caller), opened.id());
        meter.reserve("m", 0, 900).settle(new Usage(1, 2, 0, 0));
        meter.reserve("m", 0, 997).cancel();
    }
}
