package io.mcpagent.turn;

import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolRound;

/**
 * Lets the store know of each allowed call that may change something: before it is sent, that it may run, and after it, how it ended. A process
 * that is killed leaves a turn that can be gone on with, in which the call's outcome is unknown, and a key that answers so. For the turn's thread
 * only.
 */
final class WriteAhead implements MadeCall.Steps {

    private final KeptTurn kept;
    private final Run run;
    private final TurnProgress progress;

    WriteAhead(KeptTurn kept, Run run, TurnProgress progress) {
        this.kept = kept;
        this.run = run;
        this.progress = progress;
    }

    @Override
    public void before(ToolRound.Call call) throws InterruptedException {
        if (!call.tool().hints().saysReadOnly()) {
            // Whoever leaves now must not leave it open whether the store knows.
            run.shield();
            try {
                kept.begins(progress.cutIn(call.id(), run.id()));
            } finally {
                run.unshield();
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
        progress.round().begins(call.id());
    }

    @Override
    public void after(ToolRound.Call call, ToolAnswer result) throws InterruptedException {
        progress.round().ended(call.id(), result);
        if (!call.tool().hints().saysReadOnly()) {
            run.shield();
            try {
                kept.ended(progress.cutIn(call.id(), run.id()));
            } finally {
                run.unshield();
            }
        }
    }
}
