package io.mcpagent.turn;

import io.mcpagent.conversation.DynamoDbLocal;
import io.mcpagent.conversation.DynamoTables;
import io.mcpagent.support.TcpProxy;

/** A DynamoDB with the agent's table, behind a proxy. */
final class Dynamo implements AutoCloseable {

    private final DynamoDbLocal server;
    private final TcpProxy proxy;
    private final String table;

    private Dynamo(DynamoDbLocal server) {
        this.server = server;
        this.table = DynamoTables.table(DynamoTables.client(server.url())).name();
        this.proxy = TcpProxy.to(server.port());
    }

    static Dynamo start() {
        return new Dynamo(DynamoDbLocal.running());
    }

    TcpProxy proxy() {
        return proxy;
    }

    /** The agent's settings, and more. */
    String[] settings(String... more) {
        String[] settings = {
            "AGENT_CONVERSATION_STORE",
            "dynamodb",
            "AGENT_CONVERSATION_TABLE",
            table,
            "AWS_ENDPOINT_URL_DYNAMODB",
            "http://127.0.0.1:" + proxy.port()
        };
        String[] all = java.util.Arrays.copyOf(settings, settings.length + more.length);
        System.arraycopy(more, 0, all, settings.length, more.length);
        return all;
    }

    @Override
    public void close() {
        proxy.close();
    }
}
