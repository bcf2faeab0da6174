package io.mcpagent.access;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * What a browser may do with the files of the chat page: it loads nothing from elsewhere, runs nothing inline, and reaches only this agent and the
 * issuer. They are the only answers that may be compressed.
 */
@Singleton
final class PagePolicy {

    private static final int BEFORE_THE_FILES = 100;
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'%s; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types dompurify";

    private final PageSignIn signIn;

    PagePolicy(PageSignIn signIn) {
        this.signIn = signIn;
    }

    void register(@Observes Filters filters) {
        filters.register(this::set, BEFORE_THE_FILES);
    }

    private void set(RoutingContext http) {
        if (OpenPaths.isPage(http.normalizedPath())) {
            String issuer = signIn.issuer().map(PageSignIn.Issuer::origin).map(origin -> " " + origin).orElse("");
            http.response().putHeader("Content-Security-Policy", POLICY.formatted(issuer));
            // Not by quarkus.http.compress-media-types: of several it would make another class with each build.
            http.response().headers().remove(HttpHeaders.CONTENT_ENCODING);
        }
        http.next();
    }
}
