package io.mcpagent.telemetry;

import java.util.UUID;

/** Ids that no other test has. */
final class TestIds {

    private TestIds() {}

    static String trace() {
        return UUID.randomUUID().toString().replace("-", "");
    }
}
