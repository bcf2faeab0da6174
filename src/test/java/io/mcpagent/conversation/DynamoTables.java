package io.mcpagent.conversation;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Clients and tables for the tests. */
public final class DynamoTables {

    private DynamoTables() {}

    /**
     * A client for DynamoDB Local, which makes only a few of its requests at once: whoever has waited for the lock of a table for some seconds
     * is told by the emulator, and never by the real DynamoDB, that it was too long.
     */
    public static DynamoDbClient client(URI endpoint, ExecutionInterceptor... interceptors) {
        return client(endpoint, new FewAtOnce(UrlConnectionHttpClient.create(), new Semaphore(8, true)), interceptors);
    }

    /**
     * A client for moto, whose requests it makes one after the other: moto is no database. It checks a condition and writes in two steps, and takes
     * a failed transaction back by restoring the whole table as it was, with what others wrote meanwhile.
     */
    public static DynamoDbClient clientForMoto(URI endpoint) {
        return client(endpoint, new FewAtOnce(UrlConnectionHttpClient.create(), new Semaphore(1, true)));
    }

    private static DynamoDbClient client(URI endpoint, SdkHttpClient http, ExecutionInterceptor... interceptors) {
        return DynamoDbClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .httpClient(http)
                .overrideConfiguration(configuration -> configuration.executionInterceptors(List.of(interceptors)))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .build();
    }

    /** Makes a new table, as the service expects it, with time limits that a test on a busy machine does not reach. */
    public static DynamoTable table(DynamoDbClient client) {
        return new DynamoTable(() -> client, create(client), Duration.ofSeconds(60), Duration.ofSeconds(60));
    }

    public static String create(DynamoDbClient client) {
        String name = "mcp-agent-" + UUID.randomUUID();
        client.createTable(table -> table.tableName(name)
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .keySchema(element("pk", KeyType.HASH), element("sk", KeyType.RANGE))
                .attributeDefinitions(definition("pk"), definition("sk")));
        client.waiter().waitUntilTableExists(table -> table.tableName(name));
        client.updateTimeToLive(ttl -> ttl.tableName(name)
                .timeToLiveSpecification(it -> it.attributeName("expiresAt").enabled(true)));
        return name;
    }

    private static KeySchemaElement element(String name, KeyType type) {
        return KeySchemaElement.builder().attributeName(name).keyType(type).build();
    }

    private static AttributeDefinition definition(String name) {
        return AttributeDefinition.builder()
                .attributeName(name)
                .attributeType(ScalarAttributeType.S)
                .build();
    }

    private record FewAtOnce(SdkHttpClient client, Semaphore places) implements SdkHttpClient {

        @Override
        public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
            ExecutableHttpRequest prepared = client.prepareRequest(request);
            return new ExecutableHttpRequest() {
                @Override
                public HttpExecuteResponse call() throws java.io.IOException {
                    places.acquireUninterruptibly();
                    try {
                        return prepared.call();
                    } finally {
                        places.release();
                    }
                }

                @Override
                public void abort() {
                    prepared.abort();
                }
            };
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
