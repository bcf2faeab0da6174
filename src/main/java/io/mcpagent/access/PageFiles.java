package io.mcpagent.access;

import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.StaticHandler;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import java.util.regex.Pattern;

/**
 * Serves the files of the chat page, {@code chat-page} among the resources. Not below {@code META-INF/resources}, where Quarkus would do it: it compiles
 * their names into a class in the order in which the file system lists them, and two builds of one commit are to be equal.
 */
@Singleton
final class PageFiles {

    /** Folders are none of them, nor is anything whose name has to be decoded. */
    private static final Pattern FILE = Pattern.compile("/(index\\.html|favicon\\.svg)?|/page/[a-z-]+\\.(js|css)|/vendor/[a-z]+/[A-Za-z.]+\\.(js|css)");

    void register(@Observes Router router) {
        StaticHandler files = StaticHandler.create("chat-page").setCachingEnabled(false);
        router.route().handler(http -> {
            if (FILE.matcher(http.normalizedPath()).matches()) {
                files.handle(http);
            } else {
                http.next();
            }
        });
    }
}
