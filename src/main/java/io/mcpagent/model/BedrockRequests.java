package io.mcpagent.model;

import io.mcpagent.http.Route;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Instant;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/** Makes the signed HTTP requests. Safe for use by many threads. */
@Singleton
class BedrockRequests {

    private final AwsAccess access;

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
        String host = authority(endpoint);
        switch (site.identity()) {
            case AwsAccess.Credential.Signature identity ->
                identity.signer()
                        .sign(request, host, path, body.array(), body.size(), credentials(identity), Instant.now());
            case AwsAccess.Credential.BearerToken(String token) -> {
                request.addHeader("Host", host);
                request.addHeader("Authorization", "Bearer " + token);
            }
        }
        request.addHeader("Content-Type", "application/json");
        request.addHeader("Content-Length", Integer.toString(body.size()));
        request.addHeader("User-Agent", "mcp-agent");
        return new Signed(site.route(), request);
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
        int port = endpoint.getPort();
        return port < 0 || SdkHttpUtils.isUsingStandardPort(endpoint.getScheme(), port)
                ? endpoint.getHost()
                : endpoint.getHost() + ":" + port;
    }

    private static String basePath(URI endpoint) {
        String path = endpoint.getRawPath() == null ? "" : endpoint.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
