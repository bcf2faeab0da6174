package io.mcpagent.tools;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A {@link StubServer}, and toolboxes over it that are closed after each test. */
abstract class StubServerTest {

    final StubServer server = new StubServer();
    final List<McpToolbox> toolboxes = new ArrayList<>();

    @AfterEach
    void close() {
        toolboxes.forEach(McpToolbox::close);
        server.close();
    }

    McpToolbox toolbox(Object... settings) {
        Object[] all = new Object[settings.length + 2];
        all[0] = "url";
        all[1] = server.url();
        System.arraycopy(settings, 0, all, 2, settings.length);
        McpToolbox toolbox = TestConfig.toolbox(all);
        toolboxes.add(toolbox);
        return toolbox;
    }

    static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(60));
    }

    static ToolAnswer call(McpToolbox toolbox, String tool) throws InterruptedException {
        return toolbox.call(
                toolbox.catalog(Identity.ANONYMOUS, soon()).find(tool).orElseThrow(),
                Arguments.read("{}"),
                Identity.ANONYMOUS,
                null,
                soon());
    }
}
