package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Where the project's files are, and what the tests share of the machine. */
public final class Project {

    private static final Path DIRECTORY = find();
    private static final int PORTS = 4_000;
    private static final int FIRST_PORT = 12_000 + PORTS * Integer.getInteger("tests.process", 0);
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS));

    private Project() {}

    /** The folder that holds {@code toolbox-config}. */
    public static Path directory() {
        return DIRECTORY;
    }

    /** A file of {@code toolbox-config}. */
    public static Path toolboxConfig(String file) {
        return DIRECTORY.resolve("toolbox-config").resolve(file);
    }

    /** A folder under {@code target} for what tests leave behind; it exists. */
    public static Path target(String folder) {
        try {
            return Files.createDirectories(DIRECTORY.resolve("target").resolve(folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a step that no other thread or process of the tests may run at the same time, such as an installation that all of them use. */
    public static synchronized <T> T alone(String step, Callable<T> action) {
        try (FileChannel file = FileChannel.open(
                        target("locks").resolve(step), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = file.lock()) {
            return action.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets a program that installs what it needs when it is run do that before several run it at once; what it says is in a file under {@code target}. */
    static void install(Path program, String argument) {
        alone("install", () -> {
            // Nothing is inherited: Maven talks to the process of the tests through its input and output.
            Path log = Files.createTempFile(
                    target("installs"), program.getParent().getFileName().toString(), ".log");
            return new ProcessBuilder(program.toString(), argument)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start()
                    .waitFor();
        });
    }

    /**
     * A port of 127.0.0.1 on which nothing listens now. It is none that the system gives to whoever asks for any, and none of another process
     * of the tests, so that nobody takes it before its server starts.
     */
    public static int freePort() {
        for (int i = 0; i < PORTS; i++) {
            int port = FIRST_PORT + NEXT_PORT.getAndIncrement() % PORTS;
            try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return port;
            } catch (IOException taken) {
                // The next one.
            }
        }
        throw new IllegalStateException("no port is free from " + FIRST_PORT + " to " + (FIRST_PORT + PORTS - 1));
    }

    private static Path find() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("toolbox-config"))) {
            folder = folder.getParent();
        }
        if (folder == null) {
            throw new IllegalStateException("run the tests inside the project: no folder above has toolbox-config");
        }
        return folder;
    }
}
