package io.mcpagent.support;

import io.mcpagent.local.Children;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * moto, which speaks the protocols of AWS services (Secrets Manager, DynamoDB, …), as a process: one for all tests of a JVM, which ends with
 * it, and for one test at a time.
 */
public final class MotoServer {

    private static MotoServer running;

    private final int port = HeldPort.next();
    private final Program program = new Program(
            "moto", Project.target("moto-logs").resolve(ProcessHandle.current().pid() + "-" + port + ".log"));

    private MotoServer() {}

    /** Says whether {@code moto_server} is installed; skip the test with a message if it isn't. */
    public static boolean available() {
        return Children.onPath("moto_server").isPresent();
    }

    /** The one of this JVM, which serves and has no data; the first who asks for it starts it. */
    public static synchronized MotoServer empty() {
        if (running == null) {
            running = start();
        }
        running.reset();
        return running;
    }

    private static MotoServer start() {
        MotoServer server = new MotoServer();
        server.program.start(
                new ProcessBuilder("moto_server", "-H", "127.0.0.1", "-p", Integer.toString(server.port)),
                () -> Program.answers(server.url() + "/moto-api/"));
        return server;
    }

    private void reset() {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/moto-api/reset"))
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            int status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            if (status != 200) {
                throw new IllegalStateException("moto's reset answered " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The endpoint for every service. */
    public URI url() {
        return URI.create("http://127.0.0.1:" + port);
    }

    public int port() {
        return port;
    }
}
