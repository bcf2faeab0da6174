package io.mcpagent.turn;

import io.mcpagent.budget.Meter;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import java.util.ArrayList;
import java.util.List;

/** What a turn has gathered so far. For the turn's thread only. */
final class TurnProgress {

    final List<Message> messages = new ArrayList<>();
    final List<CallRecord> calls = new ArrayList<>();
    final List<String> notices = new ArrayList<>();
    private final Meter meter;
    private final long startedAt = System.nanoTime();
    private final long earlierMillis;

    /** @param earlierMillis how long the turn took before it had to wait */
    private TurnProgress(Meter meter, long earlierMillis) {
        this.meter = meter;
        this.earlierMillis = earlierMillis;
    }

    /** Nothing yet. */
    static TurnProgress begin(Meter meter) {
        return new TurnProgress(meter, 0);
    }

    /** Goes on where a turn that waited for approvals stopped. */
    static TurnProgress after(PendingTurn pending, Meter meter) {
        TurnProgress progress = new TurnProgress(meter, pending.receipt().millis());
        progress.messages.addAll(pending.messages());
        progress.calls.addAll(pending.calls());
        return progress;
    }

    Meter meter() {
        return meter;
    }

    Receipt receipt() {
        return meter.receipt(calls.size(), earlierMillis + (System.nanoTime() - startedAt) / 1_000_000);
    }

    /** What the turn gives, now that its loop has ended. */
    TurnResult result(String conversationId, String runId, TurnEnd end) {
        return switch (end) {
            case TurnEnd.Answered(TurnOutcome outcome, String modelId) ->
                new TurnResult(conversationId, runId, outcome, answer(), calls, modelId, notices, receipt(), List.of());
            case TurnEnd.Waiting waiting ->
                new TurnResult(
                        conversationId,
                        runId,
                        TurnOutcome.APPROVAL_REQUIRED,
                        answer(),
                        calls,
                        waiting.modelId(),
                        notices,
                        receipt(),
                        waiting.approvals());
        };
    }

    /** All that the model wrote, a blank line between its messages. */
    String answer() {
        StringBuilder answer = new StringBuilder();
        for (Message message : messages) {
            if (message.role() == Role.ASSISTANT && !message.text().isBlank()) {
                answer.append(answer.isEmpty() ? "" : "\n\n")
                        .append(message.text().strip());
            }
        }
        return answer.toString();
    }
}
