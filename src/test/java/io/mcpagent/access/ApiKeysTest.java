package io.mcpagent.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.base.Sha256;
import io.mcpagent.config.AgentConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import jakarta.enterprise.inject.Instance;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueRequest;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueResponse;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/** Which keys are valid after what Secrets Manager said last. */
class ApiKeysTest {

    private static final RuntimeException OUTAGE = SdkClientException.create("unreachable");
    private static final RuntimeException ABSENT =
            ResourceNotFoundException.builder().build();
    private static final RuntimeException MARKED =
            InvalidRequestException.builder().build();
    private static final String SECRET = secret("good", Sha256.hex("good"));

    private Object next = SECRET;
    private final ApiKeys keys = new ApiKeys(
            new SmallRyeConfigBuilder()
                    .withMapping(AgentConfig.class)
                    .addDiscoveredConverters()
                    .withSources(new PropertiesConfigSource(
                            Map.of("agent.access.api-keys-secret", "mcp/agent/api-keys"), "test", 100))
                    .build()
                    .getConfigMapping(AgentConfig.class),
            secretsManager(),
            new IssuerKeys());

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "\r\n"})
    void should_let_nobody_in_with_the_hash_of_nothing(String nothing) {
        read(secret("unset", Sha256.hex(nothing)));
        assertThat(keys.find(nothing)).isEmpty();
        assertThat(keys.unknown()).isFalse();
        read("{\"some\":{\"sha256\":[\"" + Sha256.hex(nothing).toUpperCase(java.util.Locale.ROOT) + "\",\""
                + Sha256.hex("good") + "\"]}}");
        assertThat(keys.find(nothing)).isEmpty();
        assertThat(keys.find("good")).isPresent();
    }

    @Test
    void should_end_the_keys_when_two_readings_in_a_row_find_no_secret() {
        for (RuntimeException absence : List.of(ABSENT, MARKED)) {
            read(SECRET);
            read(absence);
            assertThat(keys.find("good")).isPresent();
            read(absence);
            assertThat(keys.find("good")).isEmpty();
            assertThat(keys.unknown()).isFalse();
        }
        read(SECRET);
        assertThat(keys.find("good")).isPresent();
    }

    @Test
    void should_keep_the_keys_while_secrets_manager_fails_and_while_a_secret_is_replaced() {
        read(SECRET);
        for (int i = 0; i < 100; i++) {
            read(OUTAGE);
        }
        read(ABSENT);
        read(SECRET);
        read(ABSENT);
        read("no JSON");
        read(ABSENT);
        assertThat(keys.find("good")).isPresent();
    }

    private void read(Object answer) {
        next = answer;
        keys.read();
    }

    private static String secret(String name, String hash) {
        return "{\"" + name + "\":\"" + hash + "\"}";
    }

    @SuppressWarnings("unchecked")
    private Instance<SecretsManagerClient> secretsManager() {
        SecretsManagerClient client = new SecretsManagerClient() {
            @Override
            public GetSecretValueResponse getSecretValue(Consumer<GetSecretValueRequest.Builder> request) {
                if (next instanceof RuntimeException failure) {
                    throw failure;
                }
                return GetSecretValueResponse.builder()
                        .secretString((String) next)
                        .build();
            }

            @Override
            public String serviceName() {
                return "secretsmanager";
            }

            @Override
            public void close() {}
        };
        return (Instance<SecretsManagerClient>) Proxy.newProxyInstance(
                Instance.class.getClassLoader(), new Class<?>[] {Instance.class}, (proxy, method, arguments) -> client);
    }
}
