package io.mcpagent.door;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.CallRecord;
import io.mcpagent.conversation.Receipt;
import io.mcpagent.model.Arguments;
import io.mcpagent.turn.TurnResult;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@code POST /chat}.
 *
 * @param conversationId the conversation, to continue it
 * @param runId          the run that made this answer
 * @param outcome        how the turn ended: completed, approval_required, step_limit, max_tokens, guardrail, declined or malformed
 * @param answer         what the model wrote
 * @param toolCalls      the tools that were called for it
 * @param usage          the tokens
 * @param model          the model that answered
 * @param notices        what the reader must know, such as that the tools were unavailable
 * @param receipt        what the turn cost
 * @param approvals      the calls that wait for a person
 */
public record ChatReply(
        String conversationId,
        String runId,
        String outcome,
        String answer,
        List<ToolCall> toolCalls,
        Tokens usage,
        String model,
        List<String> notices,
        Bill receipt,
        List<Waiting> approvals) {

    /** A tool call. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record ToolCall(
            String id,
            String name,

            @JsonSerialize(using = ArgumentsJson.ArgumentsWriter.class)
            @JsonDeserialize(using = ArgumentsJson.ArgumentsReader.class)
            Arguments arguments,

            String outcome,
            long durationMs,
            @Nullable String result) {

        static ToolCall of(CallRecord call, @Nullable String result) {
            return new ToolCall(
                    call.id(),
                    call.name(),
                    call.arguments(),
                    call.outcome().name().toLowerCase(Locale.ROOT),
                    call.durationMs(),
                    result);
        }
    }

    /** Tokens; cached ones stand beside the input. */
    public record Tokens(long inputTokens, long outputTokens, long cacheReadTokens, long cacheWriteTokens) {

        static Tokens of(io.mcpagent.model.Usage usage) {
            return new Tokens(usage.input(), usage.output(), usage.cacheRead(), usage.cacheWrite());
        }
    }

    /** What the turn cost; {@code dollars} is null if the model has no price in the configuration. */
    public record Bill(
            int modelCalls,
            long inputTokens,
            long outputTokens,
            long cacheReadTokens,
            long cacheWriteTokens,
            @Nullable BigDecimal dollars,
            int toolCalls,
            long milliseconds) {

        static Bill of(Receipt receipt) {
            io.mcpagent.model.Usage usage = receipt.usage();
            return new Bill(
                    receipt.modelCalls(),
                    usage.input(),
                    usage.output(),
                    usage.cacheRead(),
                    usage.cacheWrite(),
                    receipt.dollars(),
                    receipt.toolCalls(),
                    receipt.millis());
        }
    }

    /**
     * A tool call that waits for a person; {@code digest} is what the decision on it may name, {@code approvers} are those of whom one has to approve it
     * beside the one who asked, {@code approvedBy} is who has.
     */
    public record Waiting(
            String callId,
            String tool,

            @JsonSerialize(using = ArgumentsJson.ArgumentsWriter.class)
            @JsonDeserialize(using = ArgumentsJson.ArgumentsReader.class)
            Arguments arguments,

            Instant expiresAt,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String digest,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<String> approvers,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String approvedBy) {

        static List<Waiting> of(List<Approval> approvals) {
            return approvals.stream()
                    .filter(approval -> approval.state() == Approval.Stage.PENDING)
                    .map(approval -> new Waiting(
                            approval.callId(),
                            approval.tool(),
                            approval.arguments(),
                            approval.expiresAt(),
                            approval.digest(),
                            approval.approvers().isEmpty() ? null : approval.approvers(),
                            approval.approvedBy()))
                    .toList();
        }
    }

    /** The answer that a turn gave. */
    public static ChatReply of(TurnResult turn) {
        return new ChatReply(
                turn.conversationId(),
                turn.runId(),
                turn.outcome().name().toLowerCase(Locale.ROOT),
                turn.answer(),
                turn.calls().stream().map(call -> ToolCall.of(call, null)).toList(),
                Tokens.of(turn.receipt().usage()),
                turn.model(),
                turn.notices(),
                Bill.of(turn.receipt()),
                Waiting.of(turn.approvals()));
    }
}
