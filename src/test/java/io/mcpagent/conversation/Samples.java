package io.mcpagent.conversation;

import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import io.mcpagent.model.Usage;
import io.mcpagent.tools.ToolOutcome;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Turns to store. */
final class Samples {

    static final Receipt RECEIPT = new Receipt(2, new Usage(1200, 80, 900, 30), new BigDecimal("0.005310"), 1, 812);

    private Samples() {}

    static TurnRecord turn(String runId, String question) {
        return turn(runId, question, "Forty-two.");
    }

    static TurnRecord turn(String runId, String question, String answer) {
        return new TurnRecord(
                runId,
                Instant.parse("2026-11-22T10:15:30.123456789Z"),
                "anthropic.claude",
                List.of(Message.user(question), assistant(new Content.Text(answer))),
                List.of(),
                RECEIPT);
    }

    static TurnRecord toolTurn(String runId) {
        return new TurnRecord(
                runId,
                Instant.parse("2026-11-22T10:15:30Z"),
                "anthropic.claude",
                List.of(
                        Message.user("How many orders? ☃ \uD83D\uDE80"),
                        asking(),
                        new Message(
                                Role.USER,
                                List.of(
                                        new Content.ToolResult("tool-1", "[]", false),
                                        new Content.ToolResult("tool-2", "no", true))),
                        assistant(new Content.Text("None."))),
                List.of(
                        new CallRecord(
                                "tool-1", "count-orders", Arguments.read("{\"since\":\"2026\"}"), ToolOutcome.OK, 12),
                        new CallRecord("tool-2", "count", Arguments.read("{}"), ToolOutcome.UNKNOWN_TOOL, 0)),
                RECEIPT);
    }

    static PendingTurn pending(String runId, Approval.Stage state) {
        return new PendingTurn(
                runId,
                "anthropic.claude",
                List.of(Message.user("Delete order 7"), asking()),
                List.of(new Content.ToolResult("tool-1", "[{\"a\":1}]", false)),
                List.of(new Approval(
                        "tool-2",
                        "delete-order",
                        Arguments.read("{\"id\":7}"),
                        "abc",
                        state,
                        Instant.parse("2026-11-22T10:30:00Z"))),
                List.of(new CallRecord("tool-1", "count-orders", Arguments.read("{}"), ToolOutcome.OK, 5)),
                new Receipt(1, Usage.NONE, null, 1, 5));
    }

    private static Message asking() {
        return assistant(
                new Content.Reasoning("I had better count.", "c2lnbmF0dXJl==", null),
                new Content.Reasoning(null, null, "cmVkYWN0ZWQ="),
                new Content.Text("Let me look."),
                new Content.ToolUse("tool-1", "count-orders", "{\"since\": \"2026\"}"),
                new Content.ToolUse("tool-2", "count", "{}"));
    }

    static Message assistant(Content... content) {
        return new Message(Role.ASSISTANT, List.of(content));
    }

    /** Text that gzip can't shrink much. */
    static String noise(RandomGenerator random, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append((char) (' ' + random.nextInt(95)));
        }
        return text.toString();
    }

    static List<String> questions(Conversation conversation) {
        List<String> questions = new ArrayList<>();
        conversation
                .turns()
                .forEach(turn -> questions.add(turn.messages().getFirst().text()));
        return questions;
    }
}
