package io.mcpagent.budget;

import io.mcpagent.conversation.DynamoDbLocal;
import io.mcpagent.conversation.DynamoTables;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

class DynamoDbLocalLedgerTest extends LedgerContract {

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
    Ledger makeLedger() {
        return new DynamoLedger(DynamoTables.table(client), clock);
    }

    @Override
    int reservations() {
        return 160;
    }
}
