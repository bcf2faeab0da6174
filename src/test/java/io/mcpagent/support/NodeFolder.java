package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** A folder of {@code src/test} with programs for Node.js, and with a {@code run} that installs what they need and starts them. */
final class NodeFolder {

    private final Path path;
    private final String installs;

    /**
     * A folder.
     *
     * @param installs the argument with which its {@code run} installs what is needed and does nothing else
     */
    NodeFolder(String name, String installs) {
        this.path = Project.directory().resolve("src/test").resolve(name);
        this.installs = installs;
    }

    Path path() {
        return path;
    }

    /** Whether Node.js with npm is there. */
    static boolean canInstall() {
        try {
            return new ProcessBuilder("npm", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException notInstalled) {
            return false;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Runs it with these arguments and waits for its end; what it wrote is also in a file under {@code target} that begins with that name. */
    Ran run(String name, Map<String, String> environment, String... arguments) {
        Path run = path.resolve("run");
        try {
            Project.install(run, installs);
            Path log = Files.createTempFile(Project.target(path.getFileName().toString()), name, ".log");
            ProcessBuilder builder = new ProcessBuilder(Stream.concat(Stream.of(run.toString()), Stream.of(arguments))
                            .toList())
                    .directory(path.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            return new Ran(builder.start().waitFor(), Files.readString(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException(e);
    }
}
