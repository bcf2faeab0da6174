package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs the programs of {@code src/test/clients}: what people use, in their own packages, against a running agent. */
public final class Clients {

    private static final Path FOLDER = Project.directory().resolve("src/test/clients");

    private Clients() {
    }

    /**
     * What became of a program.
     *
     * @param output all that it wrote
     */
    public record Ran(int exit, String output) {
    }

    /** Whether Node.js with npm is there. */
    public static boolean installed() {
        try {
            return new ProcessBuilder("npm", "--version").redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException notInstalled) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Runs the tests of a file against the agent of that address, and waits for their end. */
    public static Ran test(String file, URI agent, Map<String, String> environment) {
        try {
            Project.install(FOLDER.resolve("run"), "--version");
            Path log = Files.createTempFile(Project.target("clients"), file, ".log");
            List<String> command = new ArrayList<>(List.of(FOLDER.resolve("run").toString(), "--test", "--test-reporter=spec", file));
            ProcessBuilder builder = new ProcessBuilder(command).directory(FOLDER.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().put("AGENT_URL", agent.toString());
            builder.environment().putAll(environment);
            return new Ran(builder.start().waitFor(), Files.readString(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
