package io.mcpagent.turn;

import io.mcpagent.budget.Meter;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.PendingTurn;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a turn has gathered so far. For the turn's thread only. */
final class TurnProgress {

    final List<Message> messages = new ArrayList<>();
    final List<String> notices = new ArrayList<>();
    private final List<CallRecord> ended = new ArrayList<>();
    private final Meter meter;
    private final long startedAt = System.nanoTime();
    private final long earlierMillis;
    private @Nullable Round round;

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
        progress.ended.addAll(pending.calls());
        return progress;
    }

    /** The model of that id asked for these calls. */
    Round begin(List<Content.ToolUse> uses, String modelId) {
        Round begun = new Round(uses, modelId);
        round = begun;
        return begun;
    }

    /** Every call of the round has its result: the model hears them. */
    void end(Round over) {
        ended.addAll(over.records());
        messages.add(new Message(Role.USER, List.copyOf(over.answers())));
        round = null;
    }

    /** The calls that the model asked for last. */
    Round round() {
        return Objects.requireNonNull(round);
    }

    /** The turn as it is found if nothing more is heard of it from that call on. */
    PendingTurn cutIn(String callId, String runId) {
        Round cut = round().cutIn(callId);
        List<CallRecord> made = new ArrayList<>(ended);
        made.addAll(cut.records());
        return new PendingTurn(runId, cut.modelId(), messages, cut.answers(), List.of(), made, receipt());
    }

    /** Ends the turn where it stands, as a history that can be gone on with. */
    void breakOff(String sentence) {
        if (round != null) {
            round.breakOff();
            end(round);
        }
        if (messages.getLast().role() == Role.USER) {
            messages.add(new Message(Role.ASSISTANT, List.of(new Content.Text(sentence))));
        }
        notices.add(sentence);
    }

    /** The turn's calls, with those of a round that has not ended. */
    List<CallRecord> calls() {
        List<CallRecord> calls = new ArrayList<>(ended);
        if (round != null) {
            calls.addAll(round.records());
        }
        return calls;
    }

    /** Tells the reader, however often it is so in this turn. */
    void noticeOnce(String notice) {
        if (!notices.contains(notice)) {
            notices.add(notice);
        }
    }

    Meter meter() {
        return meter;
    }

    Receipt receipt() {
        return meter.receipt(calls().size(), earlierMillis + (System.nanoTime() - startedAt) / 1_000_000);
    }

    /** What the turn gives, now that its loop has ended. */
    TurnResult result(String conversationId, String runId, TurnEnd end) {
        return switch (end) {
            case TurnEnd.Answered(TurnOutcome outcome, String modelId) ->
                new TurnResult(
                        conversationId, runId, outcome, answer(), calls(), modelId, notices, receipt(), List.of());
            case TurnEnd.NeedsApproval waiting ->
                new TurnResult(
                        conversationId,
                        runId,
                        TurnOutcome.APPROVAL_REQUIRED,
                        answer(),
                        calls(),
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
