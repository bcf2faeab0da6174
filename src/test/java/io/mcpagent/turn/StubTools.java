package io.mcpagent.turn;

import io.mcpagent.base.Deadline;
import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.ToolDefinition;
import io.mcpagent.tools.Tool;
import io.mcpagent.tools.Tool.Hints;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolCatalog;
import io.mcpagent.tools.ToolOutcome;
import io.mcpagent.tools.ToolPolicy;
import io.mcpagent.tools.ToolPolicy.Permission;
import io.mcpagent.tools.Toolbox;
import java.util.ArrayList;
import java.util.List;

/** A toolbox and a policy: {@code read} may run at once, {@code write} needs a person, {@code forbidden} is never called. */
final class StubTools implements Toolbox, ToolPolicy {

    /** What a call does instead of answering. */
    @FunctionalInterface
    interface Behaviour {
        ToolAnswer call(String tool, Arguments arguments) throws InterruptedException;
    }

    final List<String> called = new ArrayList<>();
    /** What the model's service turned out to refuse. */
    final List<String> refused = new ArrayList<>();

    Behaviour behaviour = (tool, arguments) -> new ToolAnswer(ToolOutcome.OK, "[{\"rows\":1}]", 3);
    boolean available = true;
    String writeFingerprint = "f1";
    /** Who has to approve a write beside the one who asks. */
    List<CallerPattern> approvers = List.of();

    String inputSchema = "{\"type\":\"object\",\"properties\":{}}";
    /** What a cached list says of it, if that is something else. */
    String cachedFingerprint;
    /** Whether the server is away, while a list of it is still cached. */
    boolean gone;
    /** Whether the policy forbids writes by now. */
    boolean forbidsWrites;

    @Override
    public ToolCatalog current(Identity caller, Deadline deadline) {
        return gone ? ToolCatalog.UNAVAILABLE : tools(writeFingerprint);
    }

    @Override
    public ToolCatalog catalog(Identity caller, Deadline deadline) {
        return tools(cachedFingerprint == null ? writeFingerprint : cachedFingerprint);
    }

    private ToolCatalog tools(String writeFingerprint) {
        return available
                ? new ToolCatalog(List.of(
                        tool("read", new Hints(true, false, null), "f0"),
                        tool("write", new Hints(null, null, null), writeFingerprint),
                        tool("allowed_write", new Hints(null, null, null), "f2"),
                        tool("forbidden", new Hints(null, null, null), "f3")))
                : ToolCatalog.UNAVAILABLE;
    }

    private Tool tool(String name, Hints hints, String fingerprint) {
        return new Tool(new ToolDefinition(name, "does " + name, inputSchema), hints, fingerprint);
    }

    @Override
    public ToolAnswer call(Tool tool, Arguments arguments, Identity caller, String traceparent, Deadline deadline)
            throws InterruptedException {
        synchronized (called) {
            called.add(tool.name() + arguments);
        }
        return behaviour.call(tool.name(), arguments);
    }

    @Override
    public void refused(Tool tool) {
        refused.add(tool.name());
    }

    @Override
    public Ruling decide(Tool tool, Identity caller) {
        return new Ruling(permission(tool.name()), "the test");
    }

    @Override
    public List<CallerPattern> approvers(String tool) {
        return tool.equals("write") ? approvers : List.of();
    }

    @Override
    public List<CallerPattern> approvers() {
        return approvers;
    }

    private Permission permission(String tool) {
        return switch (tool) {
            case "read", "allowed_write" -> Permission.ALLOW;
            case "write" -> forbidsWrites ? Permission.DENY : Permission.ASK;
            default -> Permission.DENY;
        };
    }
}
