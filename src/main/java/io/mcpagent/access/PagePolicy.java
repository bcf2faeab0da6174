package io.mcpagent.access;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * What a browser may do with the files of the chat page: it loads nothing from elsewhere, runs nothing inline, and reaches only this agent and the
 * issuer. They are the only answers that may be compressed.
 */
@Singleton
final class PagePolicy {

    private static final int BEFORE_THE_FILES = 100;
    /** Not in quarkus.http.compress-media-types: of several Quarkus would make another class with each build. */
    private static final Set<String> COMPRESSED = Set.of("text/html", "text/css", "text/javascript", "image/svg+xml");

    private final PageSignIn signIn;

    PagePolicy(PageSignIn signIn) {
        this.signIn = signIn;
    }

    void register(@Observes Filters filters) {
        filters.register(this::set, BEFORE_THE_FILES);
    }

    private void set(RoutingContext http) {
        if (OpenPaths.isPage(http.normalizedPath())) {
            String issuer = signIn.issuer()
                    .map(PageSignIn.Issuer::origin)
                    .map(origin -> " " + origin)
                    .orElse("");
            http.response().putHeader("Content-Security-Policy", policy(issuer));
            http.addHeadersEndHandler(head -> permitCompression(http.response().headers()));
        }
        http.next();
    }

    private static String policy(String issuer) {
        return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
                + issuer
                + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
                + "trusted-types dompurify";
    }

    /** Of answers below the page's paths, only its files: not an error, and not how one signs in. */
    private static void permitCompression(MultiMap headers) {
        String type = headers.get(HttpHeaders.CONTENT_TYPE);
        if (type != null && COMPRESSED.contains(type.split(";", 2)[0])) {
            headers.remove(HttpHeaders.CONTENT_ENCODING);
        }
    }
}
