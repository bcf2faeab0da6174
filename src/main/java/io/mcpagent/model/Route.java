package io.mcpagent.model;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.RouteInfo;
import org.apache.hc.core5.http.HttpHost;
import software.amazon.awssdk.utils.ProxyConfigProvider;

/**
 * The way to an endpoint: straight, or through the proxy that the SDK finds in {@code https.proxyHost} or {@code HTTPS_PROXY}. Plain HTTP, which only
 * a local endpoint speaks, always goes straight.
 *
 * @param http               the route as HttpClient has it
 * @param proxyAuthorization what the proxy wants to see; null for nothing
 */
record Route(HttpRoute http, String proxyAuthorization) {

    static Route to(URI endpoint) {
        boolean secure = "https".equalsIgnoreCase(endpoint.getScheme());
        int port = endpoint.getPort() >= 0 ? endpoint.getPort() : secure ? 443 : 80;
        HttpHost target = new HttpHost(endpoint.getScheme(), endpoint.getHost(), port);
        if (secure) {
            ProxyConfigProvider proxy = ProxyConfigProvider.fromSystemEnvironmentSettings(true, true, "https");
            if (proxy != null && proxy.host() != null && !bypassed(endpoint.getHost(), proxy.nonProxyHosts())) {
                HttpHost through = new HttpHost("http", proxy.host(), proxy.port());
                return new Route(
                        new HttpRoute(
                                target,
                                null,
                                through,
                                true,
                                RouteInfo.TunnelType.TUNNELLED,
                                RouteInfo.LayerType.LAYERED),
                        authorization(proxy));
            }
        }
        return new Route(new HttpRoute(target, null, secure), null);
    }

    /** The SDK gives patterns in which only the star is special; a leading dot, as in {@code NO_PROXY}, stands for any subdomain. */
    static boolean bypassed(String host, Set<String> patterns) {
        String name = host.toLowerCase(Locale.ROOT);
        return patterns != null
                && patterns.stream()
                        .map(pattern -> pattern.toLowerCase(Locale.ROOT))
                        .anyMatch(
                                pattern -> name.matches(pattern) || pattern.startsWith(".") && name.endsWith(pattern));
    }

    private static String authorization(ProxyConfigProvider proxy) {
        Optional<String> user = proxy.userName().filter(name -> !name.isEmpty());
        return user.map(name -> "Basic "
                        + Base64.getEncoder()
                                .encodeToString(
                                        (name + ":" + proxy.password().orElse("")).getBytes(StandardCharsets.UTF_8)))
                .orElse(null);
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
