package io.mcpagent.turn;

import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.model.Content;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tool calls of one model reply, and what is known of each so far. For the turn's thread only. */
final class Round {

    private final List<Content.ToolUse> uses;
    private final Map<String, ToolAnswer> results = new HashMap<>();
    private final Set<String> begun = new HashSet<>();
    private final List<Approval> waiting = new ArrayList<>();
    private final String modelId;

    /** @param uses the calls, in the model's order; each has an id of its own */
    Round(List<Content.ToolUse> uses, String modelId) {
        this.modelId = modelId;
        this.uses = List.copyOf(uses);
    }

    List<Content.ToolUse> uses() {
        return uses;
    }

    /** The model that asked for them. */
    String modelId() {
        return modelId;
    }

    /** The call is being sent. */
    void begins(String callId) {
        begun.add(callId);
    }

    /** What is known of a call now. */
    void ended(String callId, ToolAnswer result) {
        results.put(callId, result);
    }

    void waits(Approval approval) {
        waiting.add(approval);
    }

    /** The calls that need a person. */
    List<Approval> waiting() {
        return waiting;
    }

    /** The same round, broken off within a call, as far as it has come. */
    Round cutIn(String callId) {
        Round cut = new Round(uses, modelId);
        cut.results.putAll(results);
        cut.begun.addAll(begun);
        cut.begun.add(callId);
        cut.breakOff();
        return cut;
    }

    /** Gives every call a result: those that nobody has heard of again, and those that were never made. */
    void breakOff() {
        waiting.clear();
        for (Content.ToolUse use : uses) {
            results.computeIfAbsent(
                    use.id(),
                    id -> begun.contains(id)
                            ? new ToolAnswer(ToolOutcome.OUTCOME_UNKNOWN, Texts.OUTCOME_UNKNOWN, 0)
                            : new ToolAnswer(ToolOutcome.UNAVAILABLE, Texts.NOT_CALLED, 0));
        }
    }

    /** What the model is answered: a result for each call that does not wait, in the model's order. */
    List<Content.ToolResult> answers() {
        List<Content.ToolResult> answers = new ArrayList<>();
        for (Content.ToolUse use : uses) {
            ToolAnswer result = results.get(use.id());
            if (result != null) {
                answers.add(new Content.ToolResult(use.id(), result.text(), result.isError()));
            }
        }
        return answers;
    }

    /** All calls, for the record. */
    List<CallRecord> records() {
        List<CallRecord> records = new ArrayList<>();
        for (Content.ToolUse use : uses) {
            ToolAnswer result = results.get(use.id());
            records.add(
                    result == null
                            ? new CallRecord(use.id(), use.name(), use.input(), ToolOutcome.APPROVAL_REQUIRED, 0)
                            : new CallRecord(use.id(), use.name(), use.input(), result.outcome(), result.millis()));
        }
        return records;
    }
}
