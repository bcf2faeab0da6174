package io.mcpagent.development;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.arc.profile.IfBuildProfile;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.file.Path;

/** In dev mode only: the page at {@code /q/turns} that shows the last turns as waterfalls. Its files are read from {@code src/local/turns}. */
@Singleton
@IfBuildProfile(anyOf = {"dev", "bedrock"})
final class TurnsPage {

    private static final String ROOT = "/q/turns";
    private static final Path FILES = Path.of("src/local/turns");

    private final RecentTurns recent;
    private final ObjectMapper json;

    TurnsPage(RecentTurns recent, ObjectMapper json) {
        this.recent = recent;
        this.json = json;
    }

    void register(@Observes Router router) {
        router.get(ROOT).handler(http -> send(http, "turns.html", "text/html"));
        router.get(ROOT + "/turns.js").handler(http -> send(http, "turns.js", "text/javascript"));
        router.get(ROOT + "/turns.css").handler(http -> send(http, "turns.css", "text/css"));
        router.get(ROOT + "/turns.json")
                .handler(http -> http.response()
                        .putHeader("content-type", "application/json")
                        .end(turns()));
    }

    private static void send(RoutingContext http, String file, String type) {
        http.response()
                .putHeader("content-type", type + "; charset=utf-8")
                .putHeader("cache-control", "no-store")
                .sendFile(FILES.resolve(file).toAbsolutePath().toString());
    }

    private String turns() {
        try {
            return json.writeValueAsString(recent.turns());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
