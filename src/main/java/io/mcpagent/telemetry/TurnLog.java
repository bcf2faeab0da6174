package io.mcpagent.telemetry;

import io.mcpagent.conversation.Receipt;
import io.mcpagent.problem.Problem;
import java.util.List;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.Logger;
import org.jspecify.annotations.Nullable;

/** Writes the one line that each turn has in the log: ids, counts and names, never what was said. Where logs are JSON, its parts are fields. */
final class TurnLog {

    private static final Logger LOG = Logger.getLogger("io.mcpagent.turn");

    private TurnLog() {}

    /**
     * @param problem why it failed, or null
     * @param model   the model that answered, or null
     * @param cost    what it cost, or null if no model was asked
     * @param tools   the tools that were called, in their order
     * @param millis  how long it took
     */
    static void write(
            String conversationId,
            String runId,
            String outcome,
            @Nullable Problem problem,
            @Nullable String model,
            @Nullable Receipt cost,
            List<String> tools,
            long millis) {
        if (!LOG.isLoggable(Level.INFO)) {
            return;
        }
        String called = String.join(",", tools);
        StringBuilder text = new StringBuilder(160).append("Turn ").append(outcome);
        if (problem != null) {
            text.append(" (").append(problem.slug()).append(')');
        }
        text.append(" in ").append(millis).append(" ms");
        if (cost != null) {
            text.append(", ")
                    .append(cost.modelCalls())
                    .append(" model calls, ")
                    .append(cost.usage().total())
                    .append(" tokens");
            if (cost.dollars() != null) {
                text.append(", $").append(cost.dollars().toPlainString());
            }
        }
        text.append(", tools [")
                .append(called)
                .append("], conversation ")
                .append(conversationId)
                .append(", run ")
                .append(runId);
        ExtLogRecord line = new ExtLogRecord(
                Level.INFO, text.toString(), ExtLogRecord.FormatStyle.NO_FORMAT, TurnLog.class.getName());
        line.setLoggerName(LOG.getName());
        line.putMdc("conversationId", conversationId);
        line.putMdc("runId", runId);
        line.putMdc("outcome", outcome);
        line.putMdc("milliseconds", Long.toString(millis));
        line.putMdc("tools", called);
        if (problem != null) {
            line.putMdc("problem", problem.slug());
        }
        if (model != null) {
            line.putMdc("model", model);
        }
        if (cost != null) {
            putCost(line, cost);
        }
        LOG.log(line);
    }

    private static void putCost(ExtLogRecord line, Receipt cost) {
        line.putMdc("modelCalls", Integer.toString(cost.modelCalls()));
        line.putMdc("inputTokens", Long.toString(cost.usage().input()));
        line.putMdc("outputTokens", Long.toString(cost.usage().output()));
        line.putMdc("cacheReadTokens", Long.toString(cost.usage().cacheRead()));
        line.putMdc("cacheWriteTokens", Long.toString(cost.usage().cacheWrite()));
        if (cost.dollars() != null) {
            line.putMdc("dollars", cost.dollars().toPlainString());
        }
    }
}
