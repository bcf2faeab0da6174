package io.mcpagent.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Remembers a child over the death of its parent, so that the next start can end it where the kernel didn't. A process is
 * only ended if its number, its start time and its program are the remembered ones: numbers are used again.
 */
final class PidFile {

    private final Path file;

    PidFile(Path file) {
        this.file = file;
    }

    void write(Process process) throws IOException {
        Optional<Long> started = startedAt(process.toHandle());
        if (started.isPresent()) {
            Files.write(file, List.of(Long.toString(process.pid()), Long.toString(started.get())));
        }
    }

    /** Ends the remembered process if it still runs. */
    void endStale() throws IOException {
        try {
            List<String> lines = Files.readAllLines(file);
            Files.delete(file);
            if (lines.size() == 2) {
                long started = Long.parseLong(lines.get(1));
                ProcessHandle.of(Long.parseLong(lines.get(0)))
                        .filter(process -> startedAt(process).equals(Optional.of(started)))
                        .filter(PidFile::runsToolbox)
                        .ifPresent(PidFile::kill);
            }
        } catch (NoSuchFileException | NumberFormatException nothingRemembered) {
            // Nothing to end.
        }
    }

    private static Optional<Long> startedAt(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli);
    }

    private static boolean runsToolbox(ProcessHandle process) {
        return process.info()
                .commandLine()
                .or(process.info()::command)
                .filter(command -> command.contains("toolbox"))
                .isPresent();
    }

    private static void kill(ProcessHandle process) {
        process.destroyForcibly();
        try {
            process.onExit().get(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException stillThere) {
            // The port check that follows reports it.
        }
    }
}
