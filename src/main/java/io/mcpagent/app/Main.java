package io.mcpagent.app;

import io.mcpagent.access.AcceptedConnections;
import io.mcpagent.audit.AuditCommand;
import io.mcpagent.config.UnknownSettings;
import io.mcpagent.telemetry.Switch;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.List;

/**
 * Starts the agent; or, with the one argument {@code health}, asks the agent that runs in the same container whether it lives, and ends with 0
 * or 1. So the image needs neither a shell nor curl for its health check. With {@code audit verify} it checks the audit trail.
 */
@QuarkusMain
public final class Main {

    /** Not private: Quarkus makes a bean of it. */
    Main() {}

    public static void main(String... arguments) {
        if (arguments.length == 1 && arguments[0].equals("health")) {
            System.exit(HealthProbe.alive(port()) ? 0 : 1);
        }
        if (arguments.length > 0 && arguments[0].equals("audit")) {
            System.exit(AuditCommand.run(List.of(arguments).subList(1, arguments.length), System.out));
        }
        UnknownSettings.ofThisAgent()
                .find(System.getenv().keySet(), System.getProperties().stringPropertyNames())
                .ifPresent(mistake -> {
                    System.err.println(mistake);
                    System.exit(1);
                });
        waitForSocketsReliably();
        Switch.beforeStart();
        AcceptedConnections.enable();
        Quarkus.run(arguments);
    }

    /**
     * In a native executable a virtual thread now and then waits without end for bytes that have arrived, and with it every connection of its
     * process, if it is woken by another virtual thread, as is the JDK's habit on Linux (https://github.com/oracle/graal/issues/13787).
     * Threads of the system wake it reliably.
     */
    private static void waitForSocketsReliably() {
        if (System.getProperty("org.graalvm.nativeimage.imagecode") != null
                && System.getProperty("jdk.pollerMode") == null) {
            System.setProperty("jdk.pollerMode", "1");
        }
    }

    private static int port() {
        String configured = System.getenv("QUARKUS_HTTP_PORT");
        return configured == null ? 8080 : Integer.parseInt(configured);
    }
}
