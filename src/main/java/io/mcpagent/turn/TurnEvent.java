package io.mcpagent.turn;

import io.mcpagent.model.Arguments;
import io.mcpagent.problem.Problem;
import io.mcpagent.tools.ToolAnswer;

/** What happens in a turn, told when it happens. */
public sealed interface TurnEvent {

    /** The turn has begun. */
    record Started(String conversationId, String runId) implements TurnEvent {}

    /** The model begins to write. */
    record TextStarted(String messageId) implements TurnEvent {}

    /** A piece of what the model writes. */
    record TextDelta(String messageId, String delta) implements TurnEvent {}

    /** The model has ended its text. */
    record TextEnded(String messageId) implements TurnEvent {}

    /** The model begins to ask for a tool. */
    record ToolCallStarted(String callId, String name, String messageId) implements TurnEvent {}

    /** The arguments, whole: what the tool gets if it is called. */
    record ToolCallInput(String callId, Arguments arguments) implements TurnEvent {}

    /** The arguments are complete. */
    record ToolCallEnded(String callId) implements TurnEvent {}

    /** The tool answered. */
    record ToolCallResult(String messageId, String callId, ToolAnswer result) implements TurnEvent {}

    /** The turn ended, and is stored. */
    record Finished(TurnResult result) implements TurnEvent {}

    /** The turn failed; the conversation is as it was before. */
    record Failed(Problem problem, String detail) implements TurnEvent {}
}
