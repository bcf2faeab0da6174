package io.mcpagent.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Runs the tests of {@code src/test/page} in Chromium against a running agent. */
public final class Page {

    private static final Path FOLDER = Project.directory().resolve("src/test/page");

    private Page() {
    }

    /** Whether Chromium and Node.js with npm are there. */
    public static boolean installed() {
        return Clients.installed() && Files.isExecutable(Path.of(System.getenv().getOrDefault("CHROMIUM", "/usr/bin/chromium")));
    }

    /**
     * Runs one part of the tests, and waits for their end.
     *
     * @throws AssertionError with all that they wrote, if one of them failed
     */
    public static void test(String part, URI agent, Map<String, String> environment) {
        try {
            Project.install(FOLDER.resolve("run"), "--install");
            Path log = Files.createTempFile(Project.target("page"), part, ".log");
            ProcessBuilder builder = new ProcessBuilder(FOLDER.resolve("run").toString(), "--part", part, agent.toString())
                    .redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            int exit = builder.start().waitFor();
            System.out.print(Files.readString(log));
            assertEquals(0, exit, Files.readString(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The Markdown of the hostile answers, in their order. */
    public static String hostileAnswers() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("node", "-e", "import('./hostile.mjs').then(({ hostile }) => console.log(JSON.stringify(hostile.map(({ markdown }) => markdown))))")
                .directory(FOLDER.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String answers = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return answers;
    }
}
