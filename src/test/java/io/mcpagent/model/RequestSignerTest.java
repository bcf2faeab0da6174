package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/** The agent's signature is that of the AWS SDK, header for header. */
class RequestSignerTest {

    private static final String[] IDS = {
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
        "name with ~ * + = & % and ü",
        "a"
    };
    private static final String[] BASES = {"", "/proxy", "/a b/é", "/a/b"};
    private static final String[] REGIONS = {"us-east-1", "eu-central-1", "cn-north-1"};

    private final AwsV4HttpSigner sdk = AwsV4HttpSigner.create();
    private final Random random = new Random(4);

    @Test
    void should_sign_as_the_sdk_does() {
        RequestSigner[] signers = Arrays.stream(REGIONS).map(RequestSigner::new).toArray(RequestSigner[]::new);
        Instant now = Instant.parse("2026-11-30T23:59:40Z");
        AwsCredentials credentials = credentials();
        for (int i = 0; i < 5_000; i++) {
            int region = random.nextInt(REGIONS.length);
            if (random.nextInt(4) == 0) {
                credentials = credentials();
            }
            now = now.plusMillis(random.nextInt(60_000));
            boolean usualPort = random.nextBoolean();
            String host = "bedrock-runtime." + REGIONS[region] + ".amazonaws.com" + (usualPort ? "" : ":8443");
            String path = SdkHttpUtils.urlEncodeIgnoreSlashes(BASES[random.nextInt(BASES.length)]) + "/model/"
                    + SdkHttpUtils.urlEncode(IDS[random.nextInt(IDS.length)]) + "/converse-stream";
            byte[] array = new byte[random.nextInt(3_000)];
            random.nextBytes(array);
            int size = array.length == 0 ? 0 : random.nextInt(array.length);
            BasicClassicHttpRequest request = new BasicClassicHttpRequest("POST", path);
            signers[region].sign(request, host, path, array, size, credentials, now);

            Map<String, String> signed = new TreeMap<>();
            for (Header header : request.getHeaders()) {
                signed.put(header.getName().toLowerCase(Locale.ROOT), header.getValue());
            }
            assertThat(signed)
                    .as("request %d", i)
                    .isEqualTo(
                            bySdk(URI.create("https://" + host), REGIONS[region], path, array, size, credentials, now));
        }
    }

    private Map<String, String> bySdk(
            URI endpoint, String region, String path, byte[] array, int size, AwsCredentials credentials, Instant now) {
        SdkHttpRequest unsigned = SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .uri(endpoint)
                .encodedPath(path)
                .build();
        Map<String, String> headers = new TreeMap<>();
        sdk.sign(sign -> sign.identity(credentials)
                        .request(unsigned)
                        .payload(() -> new ByteArrayInputStream(array, 0, size))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "bedrock")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                        .putProperty(AwsV4HttpSigner.SIGNING_CLOCK, Clock.fixed(now, ZoneOffset.UTC)))
                .request()
                .forEachHeader((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
        return headers;
    }

    private AwsCredentials credentials() {
        String key = text("AKIA");
        String secret = text("secret/+=");
        return random.nextBoolean()
                ? AwsBasicCredentials.create(key, secret)
                : AwsSessionCredentials.create(key, secret, text("token//=="));
    }

    /** As files and environments have them: sometimes with white space around. */
    private String text(String start) {
        String space = random.nextInt(3) == 0 ? " " : "";
        return space + start + Long.toUnsignedString(random.nextLong(), 36) + space;
    }
}
