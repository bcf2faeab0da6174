package io.mcpagent.turn;

import io.mcpagent.audit.TurnAudit;
import io.mcpagent.telemetry.ToolCallTelemetry;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolRound;
import org.jspecify.annotations.Nullable;

/**
 * A tool call that is made, from the moment before it is sent to its end. Every call goes through here, whether the policy allows it or a person
 * approved it: what must be known of each call is hooked in here and nowhere else. For the turn's thread only.
 */
final class MadeCall {

    /** What the turn does around a call. */
    interface Steps {

        /** The call is about to be sent. Whatever is thrown here keeps it from being sent. */
        void before(ToolRound.Call call) throws InterruptedException;

        /** The call is over. */
        void after(ToolRound.Call call, ToolAnswer result) throws InterruptedException;
    }

    private final ToolRound.Call call;
    private final TurnAudit audit;
    private final Steps steps;
    private final ToolCallTelemetry telemetry;

    private MadeCall(ToolRound.Call call, TurnAudit audit, Steps steps, ToolCallTelemetry telemetry) {
        this.call = call;
        this.audit = audit;
        this.steps = steps;
        this.telemetry = telemetry;
    }

    /** Records the call and takes the step before it; it may be sent when this returns. */
    static MadeCall begin(ToolRound.Call call, Run run, Steps steps) throws InterruptedException {
        TurnAudit audit = run.audit();
        boolean sent = false;
        try {
            audit.begins(
                    call.id(),
                    call.tool().name(),
                    call.arguments().json(),
                    call.tool().hints().saysReadOnly());
            steps.before(call);
            sent = true;
        } finally {
            if (!sent) {
                audit.ended(call.id(), call.tool().name(), "not_sent", null);
            }
        }
        return new MadeCall(
                call, audit, steps, run.telemetry().toolCall(call.tool().name(), call.id(), call.arguments()));
    }

    /** The W3C trace context to hand on to the tool server, or null. */
    @Nullable
    String traceparent() {
        return telemetry.traceparent();
    }

    /** The call is over. */
    void ended(ToolAnswer result) throws InterruptedException {
        telemetry.ended(result);
        audit.ended(call.id(), call.tool().name(), result.outcome().name(), result.rows());
        steps.after(call, result);
    }

    /** The turn was stopped, or failed, while the call was being made. */
    void abandoned() {
        telemetry.abandoned();
        audit.ended(call.id(), call.tool().name(), "abandoned", null);
    }
}
