package io.mcpagent.model;

import io.mcpagent.http.Route;
import jakarta.inject.Singleton;
import java.io.ByteArrayInputStream;
import java.net.URI;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/** Makes the signed HTTP requests. Safe for use by many threads. */
@Singleton
class BedrockRequests {

    private final AwsAccess access;
    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

    BedrockRequests(AwsAccess access) {
        this.access = access;
    }

    /** A request without its body, and the way to where it goes. */
    record Signed(Route route, ClassicHttpRequest head) {}

    /**
     * A request that asks a model.
     *
     * @param operation {@code converse} or {@code converse-stream}
     * @throws ModelException if region or credentials are missing
     */
    Signed post(String modelId, String operation, RequestBody.Bytes body) throws ModelException, InterruptedException {
        AwsAccess.Site site = access.site();
        URI endpoint = site.endpoint();
        String path = basePath(endpoint) + "/model/" + SdkHttpUtils.urlEncode(modelId) + "/" + operation;
        ClassicHttpRequest request = new BasicClassicHttpRequest("POST", path);
        switch (site.identity()) {
            case AwsAccess.Credential.Signature signature -> sign(endpoint, signature, path, body, request);
            case AwsAccess.Credential.BearerToken(String token) -> {
                request.addHeader("Host", authority(endpoint));
                request.addHeader("Authorization", "Bearer " + token);
            }
        }
        request.addHeader("Content-Type", "application/json");
        request.addHeader("Content-Length", Integer.toString(body.size()));
        request.addHeader("User-Agent", "mcp-agent");
        return new Signed(site.route(), request);
    }

    private void sign(
            URI endpoint,
            AwsAccess.Credential.Signature identity,
            String path,
            RequestBody.Bytes body,
            ClassicHttpRequest request)
            throws ModelException, InterruptedException {
        AwsCredentials credentials = credentials(identity);
        SdkHttpRequest unsigned = SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .uri(endpoint)
                .encodedPath(path)
                .build();
        signer.sign(sign -> sign.identity(credentials)
                        .request(unsigned)
                        .payload(() -> new ByteArrayInputStream(body.array(), 0, body.size()))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "bedrock")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, identity.region()))
                .request()
                .forEachHeader((name, values) -> values.forEach(value -> request.addHeader(name, value)));
    }

    private static AwsCredentials credentials(AwsAccess.Credential.Signature identity)
            throws ModelException, InterruptedException {
        try {
            return identity.credentials().resolveCredentials();
        } catch (SdkException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw new ModelException(ModelException.Kind.ACCESS, "No AWS credentials: " + e.getMessage(), false, e);
        }
    }

    private static String authority(URI endpoint) {
        return endpoint.getPort() < 0 ? endpoint.getHost() : endpoint.getHost() + ":" + endpoint.getPort();
    }

    private static String basePath(URI endpoint) {
        String path = endpoint.getRawPath() == null ? "" : endpoint.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
