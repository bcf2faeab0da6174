package io.mcpagent.conversation;

import io.mcpagent.support.MotoServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

class MotoConversationsTest extends DynamoConversationsContract {

    private static MotoServer server;
    private static DynamoDbClient client;

    @BeforeAll
    static void start() {
        Assumptions.assumeTrue(MotoServer.available(), "moto_server is not installed");
        server = MotoServer.empty();
        client = DynamoTables.clientForMoto(server.url());
    }

    @AfterAll
    static void stop() {
        if (client != null) {
            client.close();
        }
    }

    @Override
    DynamoDbClient client() {
        return client;
    }

    @Override
    int port() {
        return server.port();
    }

    /** Few, since moto copies its whole table for each transaction. */
    @Override
    int changes() {
        return 96;
    }
}
