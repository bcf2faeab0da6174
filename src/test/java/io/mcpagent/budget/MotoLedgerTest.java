package io.mcpagent.budget;

import io.mcpagent.conversation.DynamoTables;
import io.mcpagent.support.MotoServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

class MotoLedgerTest extends LedgerContract {

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
    Ledger makeLedger() {
        return new DynamoLedger(DynamoTables.table(client), clock);
    }

    @Override
    int reservations() {
        return 160;
    }
}
