package io.mcpagent.tools;

import io.mcpagent.base.Asker;
import io.mcpagent.base.Breaker;
import io.mcpagent.base.Deadline;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.http.HttpExchange;
import io.mcpagent.identity.Identity;
import io.mcpagent.jsonrpc.JsonRpc;
import io.mcpagent.model.Arguments;
import io.mcpagent.tools.ToolListing.OfferedTool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Calls tools, and makes an outcome out of whatever happens. A call that only reads is tried once more when its connection was lost, and
 * up to three times when the database ended it; any call for half a second while it can't be sent. Nothing else is ever repeated.
 */
final class ToolCaller {

    private static final Logger LOG = Logger.getLogger(ToolCaller.class);
    private static final Pattern UNKNOWN_TOOL =
            Pattern.compile("(?i)unknown tool|tool.*(not found|not exist|unknown)|no such tool");

    private static final CallerParameters NO_PARAMETERS = new CallerParameters(Map.of(), Map.of(), null);

    private final McpConnection<?> connection;
    private final ToolListCache list;
    private final CallerParameters.Reserved reserved;
    private final AgentConfig.ToolsSettings config;
    private final Duration callTimeout;
    private volatile Breaker currentBreaker;

    ToolCaller(
            McpConnection<?> connection,
            ToolListCache list,
            CallerParameters.Reserved reserved,
            AgentConfig.ToolsSettings config) {
        this.connection = connection;
        this.reserved = reserved;
        this.list = list;
        this.config = config;
        this.callTimeout = config.callTimeout();
        this.currentBreaker = breaker(config);
    }

    /** Lets calls through again, whatever happened before; calls that still run report to the old breaker. */
    void closeBreaker() {
        currentBreaker = breaker(config);
    }

    private static Breaker breaker(AgentConfig.ToolsSettings config) {
        return new Breaker(config.breakerFailures(), config.breakerDelay());
    }

    Breaker.BreakerState breaker() {
        return currentBreaker.state();
    }

    private record Ended(
            ToolOutcome outcome, String text, @Nullable Long rows) {

        Ended(ToolOutcome outcome, String text) {
            this(outcome, text, null);
        }
    }

    ToolAnswer call(Tool tool, Arguments arguments, Identity caller, @Nullable String traceparent, Deadline run)
            throws InterruptedException {
        long start = System.nanoTime();
        // The run itself stops the call at its deadline; this one is for calls that no run stops, such as approved
        // writes.
        Ended ended = guarded(tool, arguments, caller, traceparent, HttpExchange.endAfter(run));
        return new ToolAnswer(ended.outcome(), ended.text(), (System.nanoTime() - start) / 1_000_000, ended.rows());
    }

    private Ended guarded(Tool tool, Arguments arguments, Identity caller, @Nullable String traceparent, Deadline end)
            throws InterruptedException {
        String flaw = arguments.flaw() == null ? refusal(tool, arguments) : arguments.flaw();
        if (flaw != null) {
            return new Ended(ToolOutcome.ERROR, flaw);
        }
        OfferedTool offered = offered(tool);
        List<String> missing =
                offered == null ? List.of() : offered.parameters().missing(caller);
        if (!missing.isEmpty()) {
            return new Ended(
                    ToolOutcome.DENIED, "The caller lacks what this tool needs: " + String.join(", ", missing));
        }
        Destination to = offered == null
                ? new Destination(tool.name(), CallerValues.NONE)
                : new Destination(offered.serverName(), offered.parameters().of(caller));
        Breaker breaker = currentBreaker;
        if (!breaker.allows(end.asker())) {
            return unavailable();
        }
        boolean decided = false;
        try {
            Ended ended = attempts(breaker, tool, to, arguments, traceparent, end);
            decided = true;
            return ended;
        } finally {
            if (!decided) {
                breaker.abandoned();
            }
        }
    }

    private @Nullable OfferedTool offered(Tool tool) {
        ToolListing listing = list.last();
        return listing == null ? null : listing.offered().get(tool.name());
    }

    /** Why these arguments can't be used, or null. */
    @Nullable
    String refusal(Tool tool, Arguments arguments) {
        OfferedTool offered = offered(tool);
        return (offered == null ? NO_PARAMETERS : offered.parameters()).refusal(arguments, reserved);
    }

    /** Where a call goes, and what goes along of its caller. */
    private record Destination(String name, CallerValues caller) {}

    private Ended attempts(
            Breaker breaker, Tool tool, Destination to, Arguments arguments, @Nullable String traceparent, Deadline end)
            throws InterruptedException {
        boolean readOnly = tool.hints().saysReadOnly();
        boolean fullTime = end.left().compareTo(callTimeout) >= 0;
        Deadline deadline = Deadline.in(end.leftAtMost(callTimeout));
        if (deadline.passed()) {
            breaker.abandoned();
            return noTime();
        }
        Retries retries = new Retries(deadline);
        while (true) {
            boolean first = !retries.begun();
            try {
                // A write goes out on a new connection, since a dead one from the pool would leave its outcome unknown.
                CallAnswer answer = connection.callTool(
                        to.name(), arguments, to.caller(), traceparent, !readOnly || !first, deadline);
                if (!readOnly || !endedByDatabase(answer) || !retries.afterDatabaseLoss()) {
                    breaker.succeeded();
                    return ended(answer, readOnly);
                }
            } catch (McpException e) {
                if (!retries.ofCall(e, readOnly)) {
                    return failed(breaker, end.asker(), e, tool, fullTime || !deadline.passed());
                }
                LOG.debugf("Tool %s is called again after: %s", tool.name(), e.getMessage());
                if (first) {
                    list.refresh();
                }
            }
        }
    }

    private static Ended ended(CallAnswer answer, boolean readOnly) {
        String unmeant = answer.error() ? null : UnmeantValues.in(answer);
        if (unmeant == null) {
            return answer.error()
                    ? new Ended(ToolOutcome.ERROR, answer.text())
                    : new Ended(ToolOutcome.OK, answer.text(), answer.total());
        }
        return readOnly
                ? new Ended(ToolOutcome.ERROR, unmeant)
                : new Ended(
                        ToolOutcome.OUTCOME_UNKNOWN,
                        unmeant + " The call itself was carried out: do not repeat it; say so in the answer.");
    }

    private static boolean endedByDatabase(CallAnswer answer) {
        return answer.error() && answer.blocks().stream().anyMatch(ErrorText::endedByDatabase);
    }

    private Ended failed(Breaker breaker, @Nullable Asker asker, McpException e, Tool tool, boolean serverAtFault) {
        boolean readOnly = tool.hints().saysReadOnly();
        if (e.kind() == McpException.FailureKind.ERROR) {
            breaker.succeeded();
            return refused(e, tool, readOnly);
        }
        LOG.warnf("Tool %s failed, %s: %s", tool.name(), e.kind(), e.getMessage());
        // A turn that had little time left when it called says nothing about the server.
        if (serverAtFault) {
            breaker.failed(asker);
            list.doubt();
        } else {
            breaker.abandoned();
            if (e.kind() == McpException.FailureKind.NOT_SENT) {
                return noTime();
            }
        }
        return switch (e.kind()) {
            case LOST ->
                readOnly
                        ? new Ended(ToolOutcome.UNAVAILABLE, "The connection to the tool server was lost.")
                        : unknown();
            case TIMEOUT ->
                readOnly
                        ? new Ended(ToolOutcome.TIMEOUT, "The tool took too long and was cancelled. Ask for less.")
                        : unknown();
            case NOT_SENT, REJECTED, SESSION_GONE, ERROR -> unavailable();
        };
    }

    /** The server answered, but not with a result. */
    private Ended refused(McpException e, Tool tool, boolean readOnly) {
        LOG.warnf("Tool %s was answered with JSON-RPC error %d", tool.name(), e.code());
        if (e.code() == JsonRpc.INVALID_PARAMS && UNKNOWN_TOOL.matcher(e.said()).find()) {
            list.refresh();
            return new Ended(ToolOutcome.UNKNOWN_TOOL, "There is no tool " + tool.name() + " any more.");
        }
        if (e.code() == JsonRpc.INTERNAL_ERROR && !readOnly) {
            return unknown();
        }
        return new Ended(ToolOutcome.ERROR, ErrorText.forModel(e.said()));
    }

    private static Ended noTime() {
        return new Ended(ToolOutcome.TIMEOUT, "There was no time left for this call; it was not made.");
    }

    private static Ended unavailable() {
        return new Ended(ToolOutcome.UNAVAILABLE, "The tool server could not be reached; the tool was not called.");
    }

    private static Ended unknown() {
        return new Ended(
                ToolOutcome.OUTCOME_UNKNOWN,
                "The call was sent and its outcome is unknown: it may or may not have taken effect. "
                        + "Do not repeat it; say so in the answer.");
    }
}
