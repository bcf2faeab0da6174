package io.mcpagent.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.base.Sha256;
import io.mcpagent.support.MotoServer;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/** The secret with the API keys, in moto's Secrets Manager. */
final class KeySecret implements AutoCloseable {

    static final String NAME = "mcp/agent/api-keys";

    private final SecretsManagerClient client;

    KeySecret(MotoServer moto) {
        client = SecretsManagerClient.builder()
                .endpointOverride(moto.url())
                .region(Region.US_EAST_1)
                .httpClient(UrlConnectionHttpClient.create())
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .build();
    }

    /** From a name to what stands for it: {@link #hash} of its key, or an object with that. */
    void create(Map<String, ?> keys) {
        client.createSecret(request -> request.name(NAME).secretString(json(keys)));
    }

    void change(Map<String, ?> keys) {
        changeTo(json(keys));
    }

    void changeTo(String text) {
        client.putSecretValue(request -> request.secretId(NAME).secretString(text));
    }

    /** As the console deletes it: it can be restored for some days. */
    void delete() {
        client.deleteSecret(request -> request.secretId(NAME));
    }

    void restore() {
        client.restoreSecret(request -> request.secretId(NAME));
    }

    static String hash(String key) {
        return Sha256.hex(key);
    }

    private static String json(Map<String, ?> keys) {
        try {
            return new ObjectMapper().writeValueAsString(keys);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
