package io.mcpagent.support;

import io.mcpagent.local.Children;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;

/** A server that runs as a process of its own, its output in a file under {@code target}. */
final class Program {

    // Says nothing about the program: a busy machine takes its time.
    private static final Duration START = Duration.ofMinutes(5);
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private final String name;
    private final Path log;
    private Process process;

    Program(String name, Path log) {
        this.name = name;
        this.log = log;
    }

    /** Starts it and waits until it is ready; says so at once if it ends instead. */
    void start(ProcessBuilder command, Callable<Boolean> ready) {
        try {
            process = Children.start(
                    command.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            Await.until(name + " to be ready or to end", START, () -> !process.isAlive() || ready.call());
        } catch (AssertionError e) {
            end(Duration.ZERO);
            throw e;
        }
        if (!process.isAlive()) {
            throw new IllegalStateException(name + " ended with " + process.exitValue() + ": " + output());
        }
    }

    /** Whether this answers with 200; give it a path that only this program has. */
    static boolean answers(String url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(10))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    }

    void end(Duration grace) {
        if (process != null) {
            Children.end(process, grace);
        }
    }

    void signal(String signal) {
        try {
            int exit = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (exit != 0 && process.isAlive()) {
                throw new IllegalStateException("kill -" + signal + " of " + name + " ended with " + exit);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void awaitEnd(Duration bound) {
        Await.until(name + " to end", bound, () -> !process.isAlive());
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    Process process() {
        return process;
    }

    Path log() {
        return log;
    }

    String output() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
