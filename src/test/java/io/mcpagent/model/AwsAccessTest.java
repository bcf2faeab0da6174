package io.mcpagent.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.local.bedrock.LocalBedrock;
import io.mcpagent.local.bedrock.Script;
import io.mcpagent.model.ModelException.Kind;
import io.mcpagent.support.Relay;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where Bedrock is, who asks, and that a strict reader of SigV4 believes it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AwsAccessTest {

    private final LocalBedrock bedrock = LocalBedrock.start(0);

    @AfterEach
    void forget() {
        bedrock.reset();
    }

    @AfterAll
    void close() {
        bedrock.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ModelRig.MODEL,
                "anthropic.claude-3-haiku-20240307-v1:0",
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3d4e5f6"
            })
    void should_sign_a_request_to_any_model(String modelId) throws Exception {
        bedrock.requireSignature(ModelRig.KEY, ModelRig.SECRET);
        bedrock.always(Script.text("ok"));
        try (ModelRig rig = ModelRig.on(bedrock, "agent.model.id", modelId)) {
            rig.models.converse(ModelRig.question("für 40 € 😀"));
            rig.models.stream(ModelRig.question("q"), new ModelRig.Heard());
        }
        String path = bedrock.requests().getFirst().path();
        assertEquals("/model/" + modelId.replace(":", "%3A").replace("/", "%2F") + "/converse", path);
    }

    @Test
    void should_be_refused_with_another_key() {
        bedrock.requireSignature(ModelRig.KEY, "another");
        try (ModelRig rig = ModelRig.on(bedrock)) {
            assertEquals(
                    Kind.ACCESS,
                    assertThrows(ModelException.class, () -> rig.models.converse(ModelRig.question("q")))
                            .kind());
        }
        assertEquals(1, bedrock.requestCount());
    }

    @Test
    void should_send_the_session_token_of_temporary_credentials() throws Exception {
        bedrock.requireSignature(ModelRig.KEY, ModelRig.SECRET);
        bedrock.always(Script.text("ok"));
        try (ModelRig rig = ModelRig.on(bedrock, "AWS_SESSION_TOKEN", "token/+=")) {
            rig.models.converse(ModelRig.question("q"));
        }
        assertEquals("token/+=", bedrock.requests().getFirst().headers().get("x-amz-security-token"));
        assertTrue(
                bedrock.requests().getFirst().headers().get("authorization").contains("x-amz-security-token"),
                "it is signed, too");
    }

    @Test
    void should_send_a_bearer_token_in_place_of_a_signature() throws Exception {
        bedrock.always(Script.text("ok"));
        try (ModelRig rig = ModelRig.on(bedrock, "AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-1")) {
            rig.models.converse(ModelRig.question("q"));
        }
        Map<String, String> headers = bedrock.requests().getFirst().headers();
        assertEquals("Bearer bedrock-api-key-1", headers.get("authorization"));
        assertNull(headers.get("x-amz-date"));
    }

    @ParameterizedTest
    @CsvSource({
        "us-east-1,https://bedrock-runtime.us-east-1.amazonaws.com",
        "eu-central-1,https://bedrock-runtime.eu-central-1.amazonaws.com",
        "cn-north-1,https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
        "us-gov-west-1,https://bedrock-runtime.us-gov-west-1.amazonaws.com"
    })
    void should_know_the_endpoint_of_a_region(String region, URI endpoint) throws Exception {
        assertEquals(
                endpoint,
                site("AWS_REGION", region, "AWS_BEARER_TOKEN_BEDROCK", "t").endpoint());
    }

    @Test
    void should_use_fips_and_dual_stack_endpoints_as_the_sdk_is_told() throws Exception {
        withProperties(
                Map.of("aws.useFipsEndpoint", "true"),
                () -> assertEquals(
                        URI.create("https://bedrock-runtime-fips.us-east-1.amazonaws.com"),
                        site("AWS_REGION", "us-east-1", "AWS_BEARER_TOKEN_BEDROCK", "t")
                                .endpoint()));
        withProperties(
                Map.of("aws.useDualstackEndpoint", "true"),
                () -> assertEquals(
                        URI.create("https://bedrock-runtime.us-east-1.api.aws"),
                        site("AWS_REGION", "us-east-1", "AWS_BEARER_TOKEN_BEDROCK", "t")
                                .endpoint()));
    }

    @Test
    void should_take_the_endpoint_that_is_the_most_specific() throws Exception {
        String[] both = {
            "AWS_REGION",
            "us-east-1",
            "AWS_BEARER_TOKEN_BEDROCK",
            "t",
            "AWS_ENDPOINT_URL",
            "http://all:1",
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
            "http://bedrock:2/base/"
        };
        assertEquals(URI.create("http://bedrock:2/base/"), site(both).endpoint());
        assertEquals(
                URI.create("http://all:1"),
                site("AWS_REGION", "us-east-1", "AWS_ENDPOINT_URL", "http://all:1")
                        .endpoint());
    }

    @Test
    void should_read_endpoint_region_and_credentials_of_the_profile() throws Exception {
        Path file = Files.createTempFile("aws", ".config");
        Files.writeString(file, """
            [profile shop]
            region = eu-west-1
            aws_access_key_id = AKIDPROFILE
            aws_secret_access_key = secret
            services = local
            [services local]
            bedrock_runtime =
              endpoint_url = http://127.0.0.1:9/profile
            """);
        Map<String, String> properties = Map.of(
                "aws.configFile",
                file.toString(),
                "aws.profile",
                "shop",
                "aws.sharedCredentialsFile",
                file + ".absent");
        withProperties(properties, () -> {
            AwsAccess.Site site = site();
            assertEquals(URI.create("http://127.0.0.1:9/profile"), site.endpoint());
            AwsAccess.Credential.Signature identity = (AwsAccess.Credential.Signature) site.identity();
            assertEquals("eu-west-1", identity.signer().region());
            assertEquals(
                    "AKIDPROFILE", identity.credentials().resolveCredentials().accessKeyId());
        });
        Files.delete(file);
    }

    @Test
    void should_say_what_to_set_when_no_region_is_known() throws Exception {
        withProperties(
                Map.of(
                        "aws.disableEc2Metadata",
                        "true",
                        "aws.configFile",
                        "/absent",
                        "aws.sharedCredentialsFile",
                        "/absent"),
                () -> {
                    ModelException e =
                            assertThrows(ModelException.class, () -> site("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
                    assertEquals(Kind.ACCESS, e.kind());
                    assertTrue(e.getMessage().contains("AWS_REGION"), e.getMessage());
                });
    }

    @Test
    void should_say_that_no_credentials_were_found() throws Exception {
        withProperties(
                Map.of(
                        "aws.disableEc2Metadata",
                        "true",
                        "aws.configFile",
                        "/absent",
                        "aws.sharedCredentialsFile",
                        "/absent"),
                () -> {
                    try (ModelRig rig = ModelRig.on(bedrock, "AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", "")) {
                        ModelException e =
                                assertThrows(ModelException.class, () -> rig.models.converse(ModelRig.question("q")));
                        assertEquals(Kind.ACCESS, e.kind());
                        assertEquals(0, bedrock.requestCount());
                    }
                });
    }

    @Test
    void should_keep_secrets_out_of_its_text() throws Exception {
        assertFalse(site("AWS_REGION", "us-east-1", "AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-1")
                .toString()
                .contains("api-key"));
    }

    @Test
    void should_reach_an_encrypted_endpoint_straight_and_through_a_proxy() throws Exception {
        bedrock.requireSignature(ModelRig.KEY, ModelRig.SECRET);
        bedrock.always(Script.text("ok"));
        try (Front front = Front.encrypted(bedrock);
                Relay proxy = Relay.proxy(front.uri().getPort())) {
            try (ModelRig rig = ModelRig.on(front.uri())) {
                rig.models.converse(ModelRig.question("q"));
                rig.models.stream(ModelRig.question("q"), new ModelRig.Heard());
                assertEquals(1, front.accepted(), "one connection for both");
            }
            withProperties(
                    Map.of(
                            "https.proxyHost",
                            "127.0.0.1",
                            "https.proxyPort",
                            String.valueOf(proxy.port()),
                            "http.nonProxyHosts",
                            "other",
                            "https.proxyUser",
                            "ann",
                            "https.proxyPassword",
                            "pw"),
                    () -> {
                        try (ModelRig rig = ModelRig.on(front.uri())) {
                            rig.models.converse(ModelRig.question("q"));
                            rig.models.stream(ModelRig.question("q"), new ModelRig.Heard());
                        }
                    });
            assertEquals(1, proxy.accepted());
            assertTrue(
                    proxy.connectRequest()
                            .startsWith("CONNECT localhost:" + front.uri().getPort() + " HTTP/1.1\r\n"),
                    proxy.connectRequest());
            assertTrue(proxy.connectRequest().contains("Proxy-Authorization: Basic YW5uOnB3"), proxy.connectRequest());
        }
    }

    @Test
    void should_refuse_a_certificate_that_nobody_vouches_for() throws Exception {
        try (Front front = Front.encrypted(bedrock)) {
            String trusted = System.getProperty("javax.net.ssl.trustStore");
            withProperties(
                    Map.of("javax.net.ssl.trustStore", System.getProperty("java.home") + "/lib/security/cacerts"),
                    () -> {
                        try (ModelRig rig = ModelRig.on(front.uri(), "agent.model.max-attempts", "1")) {
                            assertThrows(ModelException.class, () -> rig.models.converse(ModelRig.question("q")));
                        }
                    });
            assertEquals(trusted, System.getProperty("javax.net.ssl.trustStore"));
            assertEquals(0, bedrock.requestCount());
        }
    }

    private static AwsAccess.Site site(String... settings) throws ModelException, InterruptedException {
        Map<String, String> values = new java.util.HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            values.put(settings[i], settings[i + 1]);
        }
        return new AwsAccess(new SmallRyeConfigBuilder()
                        .withSources(new PropertiesConfigSource(values, "test", 100))
                        .build())
                .site();
    }

    @FunctionalInterface
    private interface Action {
        void run() throws Exception;
    }

    private static void withProperties(Map<String, String> properties, Action action) throws Exception {
        Map<String, String> before = new java.util.HashMap<>();
        // What another test of this JVM left would be taken for the machine's own.
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("aws."))
                .forEach(name -> before.put(name, System.clearProperty(name)));
        properties.forEach((name, value) -> {
            String old = System.setProperty(name, value);
            before.putIfAbsent(name, old);
        });
        try {
            action.run();
        } finally {
            before.forEach((name, value) -> {
                if (value == null) {
                    System.clearProperty(name);
                } else {
                    System.setProperty(name, value);
                }
            });
        }
    }
}
