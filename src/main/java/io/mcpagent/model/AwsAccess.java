package io.mcpagent.model;

import io.mcpagent.http.Route;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.endpoint.AwsClientEndpointProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.profiles.ProfileFileSystemSetting;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;

/**
 * Where Bedrock is and who asks: the AWS SDK's own settings and chains. Each setting that has an environment variable is read from any source of
 * the configuration under that name. Found out at the first request, not at the start. Safe for use by many threads.
 */
@Singleton
class AwsAccess {

    /**
     * What was found out.
     *
     * @param endpoint where requests go
     * @param route    the way there
     * @param identity what they prove who asks with
     */
    record Site(URI endpoint, Route route, Credential identity) {}

    /** What a request proves who asks with. */
    sealed interface Credential {

        /** A Bedrock API key, which replaces the signature. */
        record BearerToken(String token) implements Credential {
            @Override
            public String toString() {
                return "BearerToken";
            }
        }

        /** A signature for the region of that signer. */
        record Signature(RequestSigner signer, AwsCredentialsProvider credentials) implements Credential {}
    }

    private final Config config;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Site site;

    AwsAccess(Config config) {
        this.config = config;
    }

    /**
     * Where Bedrock is and who asks. The first call may read files or ask the instance's metadata.
     *
     * @throws ModelException if no region is known
     */
    Site site() throws ModelException, InterruptedException {
        Site known = site;
        if (known != null) {
            return known;
        }
        lock.lockInterruptibly();
        try {
            known = site;
            if (known == null) {
                known = find();
                site = known;
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    private Site find() throws ModelException {
        try {
            String token = setting("AWS_BEARER_TOKEN_BEDROCK", "aws.bearerTokenBedrock")
                    .orElse(null);
            Optional<URI> override = setting("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "aws.endpointUrlBedrockRuntime")
                    .or(() -> setting("AWS_ENDPOINT_URL", "aws.endpointUrl"))
                    .map(URI::create);
            if (token != null && override.isPresent()) {
                return new Site(override.get(), Route.to(override.get()), new Credential.BearerToken(token));
            }
            Region region = setting("AWS_REGION", "aws.region").map(Region::of).orElseGet(AwsAccess::regionOfTheSdk);
            URI endpoint = override.orElseGet(() -> endpointOfTheSdk(region));
            return new Site(
                    endpoint,
                    Route.to(endpoint),
                    token != null
                            ? new Credential.BearerToken(token)
                            : new Credential.Signature(new RequestSigner(region.id()), credentials()));
        } catch (SdkClientException | IllegalArgumentException e) {
            throw new ModelException(ModelException.Kind.ACCESS, e.getMessage(), false, e);
        }
    }

    private static Region regionOfTheSdk() {
        try {
            return DefaultAwsRegionProviderChain.builder().build().getRegion();
        } catch (SdkClientException e) {
            throw new IllegalArgumentException(
                    "No AWS region is known: set AWS_REGION to the region whose Bedrock is to be asked", e);
        }
    }

    /** Service-specific and global endpoints of the profile, dual stack, FIPS and the partition's own domain are the SDK's business. */
    private static URI endpointOfTheSdk(Region region) {
        return AwsClientEndpointProvider.builder()
                .serviceEndpointOverrideEnvironmentVariable("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
                .serviceEndpointOverrideSystemProperty("aws.endpointUrlBedrockRuntime")
                .serviceProfileProperty("bedrock_runtime")
                .profileFile(ProfileFile::defaultProfileFile)
                .profileName(ProfileFileSystemSetting.AWS_PROFILE.getStringValueOrThrow())
                .serviceEndpointPrefix("bedrock-runtime")
                .defaultProtocol("https")
                .region(region)
                .build()
                .clientEndpoint();
    }

    private AwsCredentialsProvider credentials() {
        Optional<String> key = setting("AWS_ACCESS_KEY_ID", "aws.accessKeyId");
        Optional<String> secret = setting("AWS_SECRET_ACCESS_KEY", "aws.secretAccessKey");
        if (key.isEmpty() || secret.isEmpty()) {
            return DefaultCredentialsProvider.builder()
                    .asyncCredentialUpdateEnabled(true)
                    .build();
        }
        return StaticCredentialsProvider.create(setting("AWS_SESSION_TOKEN", "aws.sessionToken")
                .<AwsCredentials>map(token -> AwsSessionCredentials.create(key.get(), secret.get(), token))
                .orElseGet(() -> AwsBasicCredentials.create(key.get(), secret.get())));
    }

    /** The system property goes first, as in the SDK. */
    private Optional<String> setting(String variable, String systemProperty) {
        return config.getOptionalValue(systemProperty, String.class)
                .or(() -> config.getOptionalValue(variable, String.class))
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }
}
