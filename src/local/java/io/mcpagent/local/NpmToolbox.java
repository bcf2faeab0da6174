package io.mcpagent.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The toolbox program from npm, as {@code package-lock.json} pins it, installed once beside that file.
 *
 * <p>Several processes may install at once: a file lock makes the others wait and use what the first one installed.
 */
public final class NpmToolbox {

    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

    private final Path folder;
    private final Consumer<String> progress;

    /**
     * @param folder   where {@code package.json} and {@code package-lock.json} are
     * @param progress gets a line now and then while the download runs
     */
    public NpmToolbox(Path folder, Consumer<String> progress) {
        this.folder = folder.toAbsolutePath();
        this.progress = progress;
    }

    /** Finds npm on PATH. */
    public static Optional<Path> npm() {
        return Children.onPath(WINDOWS ? "npm.cmd" : "npm");
    }

    /** The program for this machine, if it is completely installed already. */
    public Optional<BinaryToolbox> installed() {
        // npm writes this file last, so that a broken-off installation has none.
        Path complete = folder.resolve("node_modules/.package-lock.json");
        return Optional.of(program())
                .filter(file -> Files.isExecutable(file) && isCurrent(complete))
                .map(BinaryToolbox::new);
    }

    private static boolean isCurrent(Path complete) {
        try {
            return Files.readString(complete).contains("\"version\": \"" + Toolbox.VERSION + "\"");
        } catch (IOException notInstalled) {
            return false;
        }
    }

    private Path program() {
        String machine = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String platform = WINDOWS ? "win32" : system.startsWith("mac") ? "darwin" : "linux";
        return folder.resolve("node_modules/@toolbox-sdk/server-" + platform + "-" + machine + "/bin/"
                + (WINDOWS ? "toolbox.exe" : "toolbox"));
    }

    /**
     * Installs the program unless it is there.
     *
     * @throws IOException with a plain sentence if npm fails or has no program for this machine
     */
    public BinaryToolbox install() throws IOException {
        Optional<BinaryToolbox> ready = installed();
        if (ready.isPresent()) {
            return ready.get();
        }
        Path npm = npm().orElseThrow(() -> new IOException("npm is not on PATH"));
        Path lock = Files.createDirectories(folder.resolve("node_modules")).resolveSibling(".installing");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            ready = installed();
            return ready.isPresent() ? ready.get() : installWith(npm);
        }
    }

    private BinaryToolbox installWith(Path npm) throws IOException {
        progress.accept("downloading the toolbox " + Toolbox.VERSION + " from npm, about 315 MB, once");
        Path log = Files.createTempFile("toolbox-install", ".log");
        try {
            Process process = Children.start(new ProcessBuilder(
                            npm.toString(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile()));
            reportUntilEnd(process);
            if (process.exitValue() != 0) {
                throw new IOException("npm ci ended with " + process.exitValue() + ": " + lastLine(log));
            }
        } finally {
            Files.deleteIfExists(log);
        }
        return installed().orElseThrow(() -> new IOException("npm has no toolbox program for this kind of machine"));
    }

    private void reportUntilEnd(Process process) throws IOException {
        try {
            Duration each = Duration.ofSeconds(1);
            while (!process.waitFor(each.toMillis(), TimeUnit.MILLISECONDS)) {
                progress.accept("downloading the toolbox from npm: " + megabytesSoFar() + " of about 315 MB");
            }
        } catch (InterruptedException e) {
            Children.end(process, Duration.ZERO);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while installing the toolbox", e);
        }
    }

    // npm prints no progress without a terminal; it unpacks while it downloads, so the folder's size tells.
    private long megabytesSoFar() {
        try (Stream<Path> files = Files.walk(folder.resolve("node_modules"))) {
            return files.map(Path::toFile)
                            .mapToLong(file -> file.isFile() ? file.length() : 0)
                            .sum()
                    / 1_000_000;
        } catch (IOException | RuntimeException movedMeanwhile) {
            return 0;
        }
    }

    private static String lastLine(Path log) throws IOException {
        return Files.readString(log)
                .lines()
                .filter(line -> !line.isBlank())
                .limit(3)
                .reduce((first, next) -> first + " " + next)
                .orElse("it said nothing");
    }
}
