package io.mcpagent.access;

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

    void register(@Observes Router router) {
        StaticHandler files = StaticHandler.create("chat-page").setCachingEnabled(false);
        router.route().handler(http -> {
            if (OpenPaths.isPage(http.normalizedPath())) {
                files.handle(http);
            } else {
                http.next();
            }
        });
    }
}
