package io.mcpagent.support;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/** Runs the programs of {@code src/test/clients}: what people use, in their own packages, against a running agent. */
public final class Clients {

    private static final NodeFolder FOLDER = new NodeFolder("clients", "--version");

    private Clients() {}

    /** Whether Node.js with npm is there. */
    public static boolean installed() {
        return NodeFolder.canInstall();
    }

    /** Runs the tests of a file against the agent of that address, and waits for their end. */
    public static Ran test(String file, URI agent, Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(environment);
        all.put("AGENT_URL", agent.toString());
        return FOLDER.run(file, all, "--test", "--test-reporter=spec", file);
    }
}
