package io.mcpagent.support;

import io.mcpagent.local.BinaryToolbox;
import io.mcpagent.local.NpmToolbox;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The real MCP Toolbox 1.12.0 as a process of its own on 127.0.0.1: the one that {@code TOOLBOX_BIN} names, else the one
 * from npm, installed once into {@code toolbox-config/node_modules}. It ends with this JVM, however that ends.
 */
public final class RealToolbox implements AutoCloseable {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Duration DRAIN = Duration.ofSeconds(15);

    private final List<Path> configs;
    private final Map<String, String> environment;
    private final List<String> arguments;
    private final int port;
    private final Program program;

    private RealToolbox(int port, List<Path> configs, Map<String, String> environment, List<String> arguments) {
        this.port = port;
        this.arguments = List.copyOf(arguments);
        this.configs = List.copyOf(configs);
        this.environment = new HashMap<>(environment);
        this.program = new Program(
                "the toolbox on port " + port,
                Project.target("toolbox-logs")
                        .resolve(ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + ".log"));
    }

    /** Starts one over the sample shop, read-only, on a free port. */
    public static RealToolbox overSampleShop() {
        return start(List.of(Project.toolboxConfig("tools.sqlite.yaml")), SampleShop.environment());
    }

    /** Starts one on a free port and waits until it serves. */
    public static RealToolbox start(List<Path> configs, Map<String, String> environment) {
        return startOn(HeldPort.next(), configs, environment);
    }

    /** Starts one on this port and waits until it serves. */
    public static RealToolbox startOn(int port, List<Path> configs, Map<String, String> environment) {
        RealToolbox toolbox = new RealToolbox(port, configs, environment, List.of());
        toolbox.launch();
        return toolbox;
    }

    /** Starts one over the sample shop that sends its traces and metrics to that port of this machine. */
    public static RealToolbox traced(int otlpPort) {
        Map<String, String> environment = new HashMap<>(SampleShop.environment());
        environment.put("OTEL_EXPORTER_OTLP_INSECURE", "true");
        // Not the 5 s that it waits otherwise until it sends what it has.
        environment.put("OTEL_BSP_SCHEDULE_DELAY", "200");
        RealToolbox toolbox = new RealToolbox(
                HeldPort.next(),
                List.of(Project.toolboxConfig("tools.sqlite.yaml")),
                environment,
                List.of("--telemetry-otlp", "127.0.0.1:" + otlpPort));
        toolbox.launch();
        return toolbox;
    }

    /** The program file, installed if need be. */
    public static synchronized BinaryToolbox binary() {
        String named = System.getenv("TOOLBOX_BIN");
        if (named != null && !named.isBlank()) {
            return new BinaryToolbox(Path.of(named));
        }
        return Project.alone("toolbox", () -> new NpmToolbox(Project.toolboxConfig(""), System.out::println).install());
    }

    private void launch() {
        ProcessBuilder process = binary().serve(port, configs);
        process.command().addAll(arguments);
        process.environment().putAll(environment);
        for (int left = 2; ; left--) {
            try {
                program.start(process, () -> Program.answers("http://127.0.0.1:" + port + "/healthz"));
                return;
            } catch (IllegalStateException e) {
                // It ends by itself when its database does not answer within seconds, and an orchestrator starts it
                // again.
                if (left == 0) {
                    throw e;
                }
            }
        }
    }

    /** Ends it as an orchestrator does: SIGTERM, then the toolbox drains for up to 10 s. */
    public void stop() {
        resume();
        program.end(DRAIN);
    }

    /** Ends it at once with SIGKILL. */
    public void kill() {
        program.end(Duration.ZERO);
    }

    /** Starts it again on the same port, killing it first if it runs. */
    public void restart() {
        kill();
        launch();
    }

    /** SIGSTOP: connections are accepted by the kernel, and nothing answers. */
    public void pause() {
        program.signal("STOP");
    }

    /** SIGCONT. */
    public void resume() {
        if (program.isAlive()) {
            program.signal("CONT");
        }
    }

    /** Changes what the configuration's {@code ${NAME}} become, from the next start on. */
    public void setEnvironment(String name, String value) {
        environment.put(name, value);
    }

    public boolean isAlive() {
        return program.isAlive();
    }

    public int port() {
        return port;
    }

    public long pid() {
        return program.process().pid();
    }

    /** The streamable HTTP address with every tool. */
    public URI url() {
        return URI.create("http://127.0.0.1:" + port + "/mcp");
    }

    /** The streamable HTTP address with the tools of one group. */
    public URI url(String group) {
        return URI.create(url() + "/" + group);
    }

    /** The address of the legacy transport. */
    public URI sseUrl() {
        return URI.create(url() + "/sse");
    }

    /** Everything that it printed, over all its starts. */
    public String output() {
        return program.output();
    }

    @Override
    public void close() {
        kill();
    }
}
