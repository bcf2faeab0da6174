package io.mcpagent.system;

import io.mcpagent.telemetry.Switch;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/**
 * Starts the agent; or, with the one argument {@code health}, asks the agent that runs in the same container whether it lives, and ends with 0
 * or 1. So the image needs neither a shell nor curl for its health check.
 */
@QuarkusMain
public final class Main {

    private Main() {
    }

    public static void main(String... arguments) {
        if (arguments.length == 1 && arguments[0].equals("health")) {
            System.exit(HealthProbe.alive(port()) ? 0 : 1);
        }
        UnknownSettings.ofThisAgent().find(System.getenv().keySet(), System.getProperties().stringPropertyNames()).ifPresent(mistake -> {
            System.err.println(mistake);
            System.exit(1);
        });
        Switch.beforeStart();
        Quarkus.run(arguments);
    }

    private static int port() {
        String configured = System.getenv("QUARKUS_HTTP_PORT");
        return configured == null ? 8080 : Integer.parseInt(configured);
    }
}
