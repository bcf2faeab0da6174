package io.mcpagent.access;

import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.StaticHandler;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Serves the files of the chat page, {@code chat-page} among the resources. Not below {@code META-INF/resources}, where Quarkus would do it: it compiles
 * their names into a class in the order in which the file system lists them, and two builds of one commit are to be equal.
 */
@Singleton
final class PageFiles {

    /** Their paths: a folder has none of these, nor has a name that must be decoded. */
    private static final String FILES =
            "/(index\\.html|favicon\\.svg)?|/page/[a-z-]+\\.(js|css)|/vendor/[a-z]+/[A-Za-z.]+\\.(js|css)";

    void register(@Observes Router router) {
        router.routeWithRegex(FILES)
                .handler(http -> {
                    http.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
                    http.next();
                })
                .handler(StaticHandler.create("chat-page").setCachingEnabled(false));
    }
}
