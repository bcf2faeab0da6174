package io.mcpagent.support;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Runs the tests of {@code src/test/page} in Chromium against a running agent. */
public final class Page {

    private static final NodeFolder FOLDER = new NodeFolder("page", "--install");

    private Page() {}

    /** Whether Chromium and Node.js with npm are there. */
    public static boolean installed() {
        return NodeFolder.canInstall()
                && Files.isExecutable(Path.of(System.getenv().getOrDefault("CHROMIUM", "/usr/bin/chromium")));
    }

    /**
     * Runs one part of the tests, and waits for their end.
     *
     * @throws AssertionError with all that they wrote, if one of them failed
     */
    public static void test(String part, URI agent, Map<String, String> environment) {
        Ran ran = FOLDER.run(part, environment, "--part", part, agent.toString());
        System.out.print(ran.output());
        assertEquals(0, ran.exit(), ran.output());
    }

    /** The Markdown of the hostile answers, in their order. */
    public static String hostileAnswers() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "node",
                        "-e",
                        "import('./hostile.mjs').then(({ hostile }) => console.log(JSON.stringify(hostile.map(({ markdown }) => markdown))))")
                .directory(FOLDER.path().toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String answers = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return answers;
    }
}
