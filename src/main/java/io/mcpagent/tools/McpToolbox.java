package io.mcpagent.tools;

import io.mcpagent.base.Breaker;
import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.Identities;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tool server that {@code agent.tools.url} names, over MCP. Its list of tools is kept in a {@link ToolListCache}, its calls go through
 * {@link ToolCaller}.
 */
@Singleton
public class McpToolbox implements Toolbox {

    private final McpConnection<?> connection;
    private final ConfiguredToolPolicy policy;
    private final ToolListCache list;
    private final ToolCaller calls;

    /** Does not connect yet. */
    public McpToolbox(AgentConfig config, ConfiguredToolPolicy policy, Identities identities, Timers timers) {
        AgentConfig.ToolsSettings tools = config.tools();
        this.connection = McpConnection.to(tools, timers);
        this.policy = policy;
        CallerParameters.Reserved reserved =
                CallerParameters.Reserved.of(config, identities, connection instanceof StreamableHttpConnection);
        this.list = new ToolListCache(
                () -> {
                    ToolListing listing =
                            ToolListing.of(listTools(connection, Deadline.in(tools.listTimeout())), reserved);
                    policy.observe(listing.offered());
                    return listing;
                },
                tools.listTtl());
        this.calls = new ToolCaller(connection, list, reserved, tools);
        // So that the first call after an outage goes through at once, and need not wait until the breaker lets one
        // try.
        list.onRecovery(calls::closeBreaker);
    }

    private static McpConnection.Listed listTools(McpConnection<?> connection, Deadline deadline)
            throws McpException, InterruptedException {
        Retries retries = new Retries(deadline);
        while (true) {
            try {
                return connection.listTools(retries.begun(), deadline);
            } catch (McpException e) {
                // One dead connection, or one dead server of several, is no reason to believe that there are no tools.
                if (!retries.ofList(e)) {
                    throw e;
                }
            }
        }
    }

    // So that the first turn finds the tools, and the log says early if they are not there.
    void onStart(@Observes StartupEvent event) {
        list.refresh();
    }

    /**
     * {@inheritDoc}
     *
     * <p>A list that is cached is served until its time is over even if the server has gone meanwhile; the calls then give
     * {@link ToolOutcome#UNAVAILABLE}. The first call that fails puts the list in doubt, so that the next answer says that there are no tools.
     */
    @Override
    public ToolCatalog catalog(Identity caller, Deadline deadline) throws InterruptedException {
        return catalog(caller, list.get(deadline));
    }

    @Override
    public ToolCatalog current(Identity caller, Deadline deadline) throws InterruptedException {
        return catalog(caller, list.current(deadline));
    }

    @Override
    public ToolCatalog all(Deadline deadline) throws InterruptedException {
        ToolListing listing = list.current(deadline);
        return listing == null ? ToolCatalog.UNAVAILABLE : listing.catalog(tool -> true);
    }

    private ToolCatalog catalog(Identity caller, @Nullable ToolListing listing) {
        return listing == null
                ? ToolCatalog.UNAVAILABLE
                : listing.catalog(tool -> !policy.hides(tool, caller)
                        && tool.parameters().missing(caller).isEmpty());
    }

    /**
     * What this caller may do with each tool that there is, also with those that they are not offered; nothing if the tool server does not answer.
     *
     * @throws InterruptedException if the calling thread was interrupted
     */
    public Optional<List<ToolRight>> rights(Identity caller, Deadline deadline) throws InterruptedException {
        return Optional.ofNullable(list.get(deadline))
                .map(listing -> listing.offered().values().stream()
                        .map(each -> new ToolRight(
                                each.tool().name(),
                                policy.decide(each.tool(), caller),
                                each.parameters().missing(caller)))
                        .toList());
    }

    /**
     * Why the policy says what it says of a tool and a caller who need not be there: one explanation, or none if the server has no such tool. Nothing
     * if the tool server does not answer.
     *
     * @param name as the server or the model knows it
     * @throws InterruptedException if the calling thread was interrupted
     */
    public Optional<List<ToolExplanation>> explain(String name, Identity caller, Deadline deadline)
            throws InterruptedException {
        return Optional.ofNullable(list.get(deadline))
                .map(listing -> listing.offered().values().stream()
                        .filter(each -> name.equals(each.tool().name()) || name.equals(each.serverName()))
                        .limit(1)
                        .map(each -> explain(each, caller))
                        .toList());
    }

    private ToolExplanation explain(ToolListing.OfferedTool tool, Identity caller) {
        return new ToolExplanation(
                tool.tool().name(),
                policy.decide(tool.tool(), caller),
                tool.parameters().needed(),
                policy.rules().about(tool.tool().name(), tool.serverName()).stream()
                        .map(rule -> new ToolExplanation.WeighedRule(
                                rule.toString(), rule.caller().matches(caller)))
                        .toList());
    }

    @Override
    public void refused(Tool tool) {
        ToolListing last = list.last();
        if (last != null) {
            last.refuse(tool);
        }
    }

    @Override
    public @Nullable String refusal(Tool tool, Arguments arguments) {
        return calls.refusal(tool, arguments);
    }

    @Override
    public ToolAnswer call(
            Tool tool, Arguments arguments, Identity caller, @Nullable String traceparent, Deadline deadline)
            throws InterruptedException {
        return calls.call(tool, arguments, caller, traceparent, deadline);
    }

    /** Whether the tool server answered when it was last asked; what health reports as data. Never blocks. */
    public boolean isAvailable() {
        return list.last() != null && !list.isDown();
    }

    /** The tools that were listed last and can't be offered to the model; what health reports as data. Never blocks. */
    public List<String> leftOut() {
        ToolListing last = list.last();
        return last == null ? List.of() : last.allLeftOut();
    }

    /** Whether calls go through. Never blocks. */
    public Breaker.BreakerState breaker() {
        return calls.breaker();
    }

    /** Closes all connections; calls that still run fail. */
    @PreDestroy
    public void close() {
        list.close();
        connection.close();
    }
}
