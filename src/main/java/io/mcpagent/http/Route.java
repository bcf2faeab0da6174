package io.mcpagent.http;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.RouteInfo;
import org.apache.hc.core5.http.HttpHost;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.utils.ProxyConfigProvider;

/** The way to a server. Immutable. */
public final class Route {

    private final HttpRoute http;
    private final @Nullable String proxyAuthorization;

    private Route(HttpRoute http, @Nullable String proxyAuthorization) {
        this.http = http;
        this.proxyAuthorization = proxyAuthorization;
    }

    /** The straight way. */
    public static Route straightTo(URI endpoint) {
        return new Route(new HttpRoute(target(endpoint), null, isSecure(endpoint)), null);
    }

    /**
     * The way that the AWS SDK would take: through the proxy that it finds in {@code https.proxyHost} or {@code HTTPS_PROXY}, if there is one. Plain
     * HTTP, which only a local endpoint speaks, always goes straight.
     */
    public static Route to(URI endpoint) {
        if (!isSecure(endpoint)) {
            return straightTo(endpoint);
        }
        ProxyConfigProvider proxy = ProxyConfigProvider.fromSystemEnvironmentSettings(true, true, "https");
        if (proxy == null || proxy.host() == null || bypassed(endpoint.getHost(), proxy.nonProxyHosts())) {
            return straightTo(endpoint);
        }
        HttpHost through = new HttpHost("http", proxy.host(), proxy.port());
        return new Route(
                new HttpRoute(
                        target(endpoint),
                        null,
                        through,
                        true,
                        RouteInfo.TunnelType.TUNNELLED,
                        RouteInfo.LayerType.LAYERED),
                authorization(proxy));
    }

    private static boolean isSecure(URI endpoint) {
        return "https".equalsIgnoreCase(endpoint.getScheme());
    }

    private static HttpHost target(URI endpoint) {
        int usual = isSecure(endpoint) ? 443 : 80;
        return new HttpHost(
                endpoint.getScheme(), endpoint.getHost(), endpoint.getPort() >= 0 ? endpoint.getPort() : usual);
    }

    /** The SDK gives patterns in which only the star is special; a leading dot, as in {@code NO_PROXY}, stands for any subdomain. */
    static boolean bypassed(String host, @Nullable Set<String> patterns) {
        String name = host.toLowerCase(Locale.ROOT);
        return patterns != null
                && patterns.stream()
                        .map(pattern -> pattern.toLowerCase(Locale.ROOT))
                        .anyMatch(pattern ->
                                name.matches(pattern) || (pattern.startsWith(".") && name.endsWith(pattern)));
    }

    private static @Nullable String authorization(ProxyConfigProvider proxy) {
        Optional<String> user = proxy.userName().filter(name -> !name.isEmpty());
        if (user.isEmpty()) {
            return null;
        }
        String secret = user.get() + ":" + proxy.password().orElse("");
        return "Basic " + Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8));
    }

    HttpRoute http() {
        return http;
    }

    /** What the proxy wants to see; null for nothing. */
    @Nullable
    String proxyAuthorization() {
        return proxyAuthorization;
    }

    /** Where the tunnel leads, as CONNECT wants it. */
    String tunnelTarget() {
        return http.getTargetHost().getHostName() + ":" + http.getTargetHost().getPort();
    }

    @Override
    public String toString() {
        return http.toString();
    }
}
