package io.mcpagent.local;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Keeps one toolbox serving: starts it, waits until it is healthy, and starts it again when it ends. */
final class ToolboxServer {

    private static final Duration START_BOUND = Duration.ofMinutes(3);
    private static final Duration LOOK_EVERY = Duration.ofMillis(50);
    private static final Duration PORT_LOOK_EVERY = Duration.ofSeconds(2);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(300);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    private static final Duration STEADY = Duration.ofSeconds(30);

    private final Toolbox toolbox;
    private final int port;
    private final List<Path> configs;
    private final Path database;
    private final Path log;
    private final PidFile pidFile;
    private final Consumer<String> say;

    ToolboxServer(Toolbox toolbox, int port, List<Path> configs, Path database, Path work, Consumer<String> say) {
        this.toolbox = toolbox;
        this.port = port;
        this.configs = configs;
        this.database = database;
        this.log = work.resolve("toolbox-" + port + ".log");
        this.pidFile = new PidFile(work.resolve("toolbox-" + port + ".pid"));
        this.say = say;
    }

    /** Stays until this process ends; completes {@code settled} with the address as soon as the toolbox first serves. */
    void keepRunning(CompletableFuture<String> settled) throws IOException {
        pidFile.endStale();
        toolbox.removeLeftovers();
        Files.deleteIfExists(log);
        Duration pause = FIRST_PAUSE;
        while (!Children.closed()) {
            awaitFreePort(settled);
            long start = System.nanoTime();
            int exit = runOnce(settled);
            boolean steady = System.nanoTime() - start > STEADY.toNanos();
            pause = steady ? FIRST_PAUSE : pause.multipliedBy(2);
            pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
            // After Ctrl-C the toolbox may be gone a moment before this process knows that it ends too.
            sleep(pause);
            if (!Children.closed()) {
                say.accept("the toolbox ended with " + exit + " (" + lastLine() + "); starting it again");
            }
        }
    }

    private void awaitFreePort(CompletableFuture<String> settled) {
        boolean said = false;
        while (!portIsFree()) {
            if (!said) {
                say.accept(LocalStack.taken(port, "the toolbox", "TOOLBOX_PORT"));
                settled.complete("none");
                said = true;
            }
            sleep(PORT_LOOK_EVERY);
        }
    }

    private boolean portIsFree() {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress("127.0.0.1", port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    private int runOnce(CompletableFuture<String> settled) throws IOException {
        Process process = Children.start(toolbox.serve(port, configs, database)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())));
        pidFile.write(process);
        try {
            if (awaitHealthy(process)) {
                String address = "http://127.0.0.1:" + port + "/mcp";
                say.accept("the toolbox (" + toolbox.describe() + ") serves at " + address);
                settled.complete(address);
            } else if (process.isAlive()) {
                say.accept("the toolbox didn't answer within " + START_BOUND.toSeconds() + " s");
                Children.end(process, Duration.ofSeconds(1));
            }
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            settled.complete("none");
        }
    }

    private boolean awaitHealthy(Process process) throws InterruptedException {
        long end = System.nanoTime() + START_BOUND.toNanos();
        while (System.nanoTime() < end) {
            if (process.waitFor(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                return false;
            }
            if (isHealthy()) {
                return true;
            }
        }
        return false;
    }

    private boolean isHealthy() {
        try {
            var connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/healthz").toURL().openConnection();
            connection.setConnectTimeout(10_000);
            connection.setReadTimeout(10_000);
            return connection.getResponseCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private String lastLine() {
        try {
            return Files.readString(log)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .reduce((first, last) -> last)
                    .orElse("it said nothing");
        } catch (IOException e) {
            return "it said nothing";
        }
    }

    private static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
