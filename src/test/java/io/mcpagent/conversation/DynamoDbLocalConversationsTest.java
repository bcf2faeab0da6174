package io.mcpagent.conversation;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

class DynamoDbLocalConversationsTest extends DynamoConversationsContract {

    private static DynamoDbLocal server;
    private static DynamoDbClient client;

    @BeforeAll
    static void start() {
        server = DynamoDbLocal.running();
        client = DynamoTables.client(server.url());
    }

    @AfterAll
    static void stop() {
        client.close();
    }

    @Override
    DynamoDbClient client() {
        return client;
    }

    @Override
    int port() {
        return server.port();
    }
}
