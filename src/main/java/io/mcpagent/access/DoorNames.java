package io.mcpagent.access;

import io.vertx.ext.web.RoutingContext;
import java.util.Set;

/** Names the door that a request came through. */
public final class DoorNames {

    private static final Set<String> NAMES = Set.of("chat", "v1", "ag-ui", "mcp", "tools", "approvals", "audit");

    private DoorNames() {}

    /** The first part of the request's path if it is one of ours, else {@code other}. */
    public static String of(RoutingContext http) {
        String[] parts = http.normalizedPath().split("/", 3);
        return parts.length > 1 && NAMES.contains(parts[1]) ? parts[1] : "other";
    }
}
