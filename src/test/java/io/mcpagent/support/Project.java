package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;

/** Where the project's files are, and what the tests share of the machine. */
public final class Project {

    private static final Path DIRECTORY = find();

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
