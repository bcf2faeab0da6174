package io.mcpagent.local;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Starts programs that can't outlive this process.
 *
 * <p>A shutdown hook ends them on a normal end, SIGTERM and SIGINT. Where {@code setpriv} exists (Linux), the kernel also
 * ends them when this process is killed. Safe for use by several threads.
 */
public final class Children {

    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final Optional<Path> SETPRIV = onPath("setpriv");
    private static final Set<Process> LIVE = ConcurrentHashMap.newKeySet();

    // The kernel sends the death signal when the thread that started the child ends, so that thread must never end.
    private static final ExecutorService STARTER = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("children").factory());

    private static boolean closed;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Children::endAll, "end-children"));
    }

    private Children() {}

    /**
     * Starts a program.
     *
     * @throws IOException if it can't be started, or if this process is already ending
     */
    public static Process start(ProcessBuilder program) throws IOException {
        try {
            return STARTER.submit(() -> startNow(program)).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(
                    "interrupted while starting " + program.command().getFirst(), e);
        }
    }

    private static synchronized Process startNow(ProcessBuilder program) throws IOException {
        if (closed) {
            throw new IOException("this process is ending");
        }
        List<String> wanted = program.command();
        program.command(boundToThisProcess(wanted));
        Process process = program.start();
        program.command(wanted);
        LIVE.add(process);
        process.onExit().thenRun(() -> LIVE.remove(process));
        return process;
    }

    private static List<String> boundToThisProcess(List<String> command) {
        if (SETPRIV.isEmpty()) {
            return command;
        }
        List<String> bound = new ArrayList<>(List.of(SETPRIV.get().toString(), "--pdeathsig", "KILL", "--"));
        bound.addAll(command);
        return bound;
    }

    /**
     * Asks the process and its descendants to end, and kills those that are still there after the grace; with no grace it
     * kills them at once.
     */
    public static void end(Process process, Duration grace) {
        List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
        family.add(process.toHandle());
        if (grace.isPositive()) {
            family.forEach(ProcessHandle::destroy);
            long end = System.nanoTime() + grace.toNanos();
            family.forEach(member -> awaitEnd(member, end - System.nanoTime()));
        }
        family.forEach(ProcessHandle::destroyForcibly);
        awaitEnd(process.toHandle(), TimeUnit.SECONDS.toNanos(5));
    }

    private static void awaitEnd(ProcessHandle process, long nanos) {
        try {
            process.onExit().get(Math.max(nanos, 1), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception stillRunning) {
            // The caller goes on to kill it.
        }
    }

    private static void endAll() {
        List<Process> left;
        synchronized (Children.class) {
            closed = true;
            left = List.copyOf(LIVE);
        }
        List<Thread> enders = left.stream()
                .map(p -> Thread.ofPlatform().start(() -> end(p, GRACE)))
                .toList();
        for (Thread ender : enders) {
            try {
                ender.join(Duration.ofSeconds(8));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Says whether this process is ending, so that nothing is to be started or restarted. */
    public static synchronized boolean closed() {
        return closed;
    }

    /** Finds a program in the folders of PATH. */
    public static Optional<Path> onPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        for (String folder : path.split(File.pathSeparator)) {
            Path file = Path.of(folder.isEmpty() ? "." : folder, program);
            if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                return Optional.of(file.toAbsolutePath());
            }
        }
        return Optional.empty();
    }
}
