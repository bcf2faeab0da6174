package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The agent as it is delivered, as a process of its own: the native executable if the build made one, else the jar. It ends with this JVM,
 * however that ends.
 */
public final class AgentProcess implements AutoCloseable {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(60))
            .build();

    private static final String AWS_SECRET = "secret-of-aws/0123456789abcdefghijklmnop";

    private final int port;
    private final Program program;

    private AgentProcess(int port) {
        this.port = port;
        this.program = new Program(
                "the agent on port " + port,
                Project.target("agent-logs")
                        .resolve(ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + ".log"));
    }

    /** Starts one on a free port, with these settings as environment variables, and waits until it answers. */
    public static AgentProcess start(Map<String, String> settings) {
        return start(settings, Map.of());
    }

    /** Starts one with system properties, too. */
    public static AgentProcess start(Map<String, String> settings, Map<String, String> properties) {
        int port = HeldPort.next();
        AgentProcess agent = new AgentProcess(port);
        List<String> arguments = new ArrayList<>(command());
        properties.forEach((name, value) -> arguments.add(1, "-D" + name + "=" + value));
        ProcessBuilder command = new ProcessBuilder(arguments);
        command.environment()
                .keySet()
                .removeIf(name -> name.startsWith("AWS_") || name.startsWith("AGENT_") || name.startsWith("MCP_"));
        Map<String, String> environment = new HashMap<>(Map.of(
                "QUARKUS_HTTP_HOST",
                "127.0.0.1",
                "QUARKUS_HTTP_PORT",
                Integer.toString(port),
                "AWS_REGION",
                "us-east-1",
                "AWS_ACCESS_KEY_ID",
                "test",
                "AWS_SECRET_ACCESS_KEY",
                AWS_SECRET,
                "AWS_EC2_METADATA_DISABLED",
                "true",
                "AGENT_ACCESS_OPEN",
                "true",
                "AGENT_ACCESS_REQUESTS_PER_MINUTE",
                "1000000",
                "AGENT_ACCESS_CONCURRENT_TURNS",
                "1000"));
        environment.putAll(settings);
        Said.settings(environment);
        command.environment().putAll(environment);
        agent.program.start(
                command, () -> Program.answers(agent.url("/health/live").toString()));
        return agent;
    }

    /** What starts the agent that this build made. */
    public static List<String> command() {
        Path executable = Path.of(System.getProperty("native.image.path", "absent"));
        if (Boolean.getBoolean("agent.native") && Files.isExecutable(executable)) {
            return List.of(executable.toString());
        }
        Path jar = Project.directory().resolve("target/quarkus-app/quarkus-run.jar");
        if (!Files.exists(jar)) {
            throw new IllegalStateException("package the agent first: " + jar + " is not there");
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-Xmx256m"));
        String more = System.getProperty("agent.jvm.arguments", "");
        command.addAll(more.isBlank() ? List.of() : List.of(more.split(" ")));
        command.addAll(List.of("-jar", jar.toString()));
        return command;
    }

    /** A path of this agent. */
    public URI url(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    public int port() {
        return port;
    }

    /** Sends a JSON body and waits for the whole answer. */
    public HttpResponse<String> post(String path, String json, String... headers) {
        Said.message(json);
        return send(request(path, headers)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    public HttpResponse<String> get(String path, String... headers) {
        return send(request(path, headers).GET().build());
    }

    public HttpResponse<String> delete(String path, String... headers) {
        return send(request(path, headers).DELETE().build());
    }

    private HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(url(path)).timeout(Duration.ofSeconds(150));
        return headers.length == 0 ? request : request.headers(headers);
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            Said.exchange(request, response);
            return response;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Sends it SIGTERM. */
    public void terminate() {
        program.signal("TERM");
    }

    /** Sends it SIGKILL, and waits until it is gone. */
    public void kill() {
        program.signal("KILL");
        program.awaitEnd(Duration.ofSeconds(60));
    }

    /** Waits for its end. */
    public int awaitExit(Duration bound) {
        program.awaitEnd(bound);
        return program.process().exitValue();
    }

    public long pid() {
        return program.process().pid();
    }

    /** What it has logged. */
    public String log() {
        return program.output();
    }

    @Override
    public void close() {
        program.end(Duration.ofSeconds(5));
    }
}
