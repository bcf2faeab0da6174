package io.mcpagent.conversation;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mcpagent.base.JsonBuffers;
import io.mcpagent.model.Arguments;
import io.mcpagent.model.Content;
import io.mcpagent.model.Message;
import io.mcpagent.model.Role;
import io.mcpagent.model.Usage;
import io.mcpagent.tools.ToolOutcome;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The form in which turns are stored: JSON of the records below, which are no others than these so that the form changes only on purpose. What is
 * null is left out. Members that this version does not know are skipped. What an older version could not read rightly gets a new {@link #FORMAT},
 * which that version refuses.
 */
// Jackson reaches the records by reflection, which the builder of a native executable can't see.
@RegisterForReflection(ignoreNested = false)
final class StoredJson {

    private static final int FORMAT = 1;

    /** Of its own, since the settings of the HTTP side must not change what is stored. */
    private static final ObjectMapper MAPPER = JsonMapper.builder(
                    JsonFactory.builder().recyclerPool(JsonBuffers.POOL).build())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .defaultPropertyInclusion(JsonInclude.Value.ALL_NON_NULL)
            .build();

    /** A turn. Only a finished one has {@code at}; only one that waits has results and approvals. */
    private record StoredTurn(
            int format,
            String runId,
            @Nullable String at,
            @Nullable String modelId,
            @Nullable List<StoredMessage> messages,
            @Nullable List<StoredBlock> results,
            @Nullable List<StoredApproval> approvals,
            @Nullable List<StoredCall> calls,
            @Nullable StoredReceipt receipt,
            @Nullable String outcome) {}

    private record StoredMessage(String role, List<StoredBlock> content) {

        static StoredMessage of(Message message) {
            return new StoredMessage(message.role().name(), map(message.content(), StoredBlock::of));
        }

        Message message() {
            return new Message(Role.valueOf(role), map(content, StoredBlock::content));
        }
    }

    /** A block of content; its kind decides which members it has. */
    private record StoredBlock(
            String kind,
            @Nullable String id,
            @Nullable String name,
            @Nullable String input,
            @Nullable String text,
            @Nullable Boolean error,
            @Nullable String signature,
            @Nullable String redacted,
            @Nullable Integer note,
            @Nullable String model,
            @Nullable String prefix) {

        static StoredBlock of(Content content) {
            return switch (content) {
                case Content.Text(String text) ->
                    new StoredBlock("text", null, null, null, text, null, null, null, null, null, null);
                // An older version takes it for a text: what the model had is the same then.
                case Content.Note(String text, int turns) ->
                    new StoredBlock("text", null, null, null, text, null, null, null, turns, null, null);
                case Content.ToolUse(String id, String name, Arguments input) ->
                    new StoredBlock("toolUse", id, name, input.json(), null, null, null, null, null, null, null);
                case Content.ToolResult(String id, String text, boolean error) ->
                    new StoredBlock("toolResult", id, null, null, text, error, null, null, null, null, null);
                case Content.Reasoning(String text, String signature, String redacted, Content.Origin origin) ->
                    new StoredBlock(
                            "reasoning",
                            null,
                            null,
                            null,
                            text,
                            null,
                            signature,
                            redacted,
                            null,
                            origin == null ? null : origin.model(),
                            origin == null ? null : origin.prefix());
            };
        }

        Content content() {
            return switch (kind) {
                case "text" -> note == null ? new Content.Text(needed(text)) : new Content.Note(needed(text), note);
                case "toolUse" -> new Content.ToolUse(needed(id), needed(name), needed(input));
                case "toolResult" -> result();
                case "reasoning" ->
                    new Content.Reasoning(
                            text,
                            signature,
                            redacted,
                            model == null || prefix == null ? null : new Content.Origin(model, prefix));
                // Left out, it would make another history than the model had.
                default -> throw new IllegalArgumentException("the kind of a content block is unknown");
            };
        }

        Content.ToolResult result() {
            return new Content.ToolResult(needed(id), needed(text), Boolean.TRUE.equals(error));
        }
    }

    private record StoredApproval(
            String callId,
            String tool,
            String arguments,
            String fingerprint,
            String state,
            String expiresAt,
            @Nullable List<String> approvers,
            @Nullable String approvedBy) {

        static StoredApproval of(Approval approval) {
            return new StoredApproval(
                    approval.callId(),
                    approval.tool(),
                    approval.arguments().json(),
                    approval.fingerprint(),
                    approval.state().name(),
                    approval.expiresAt().toString(),
                    approval.approvers().isEmpty() ? null : approval.approvers(),
                    approval.approvedBy());
        }

        Approval approval() {
            return new Approval(
                    callId,
                    tool,
                    Arguments.read(arguments),
                    fingerprint,
                    Approval.Stage.valueOf(state),
                    Instant.parse(expiresAt),
                    approvers == null ? List.of() : approvers,
                    approvedBy);
        }
    }

    private record StoredCall(String id, String name, String arguments, String outcome, long durationMs) {

        static StoredCall of(CallRecord call) {
            return new StoredCall(
                    call.id(),
                    call.name(),
                    call.arguments().json(),
                    call.outcome().name(),
                    call.durationMs());
        }

        CallRecord call() {
            return new CallRecord(id, name, Arguments.read(arguments), ToolOutcome.valueOf(outcome), durationMs);
        }
    }

    /** What a turn cost. Dollars are text, since a number would lose its zeros at the end. */
    private record StoredReceipt(
            int modelCalls,
            long input,
            long output,
            long cacheRead,
            long cacheWrite,
            @Nullable String dollars,
            int toolCalls,
            long millis) {

        static @Nullable StoredReceipt of(@Nullable Receipt receipt) {
            if (receipt == null) {
                return null;
            }
            Usage usage = receipt.usage();
            BigDecimal dollars = receipt.dollars();
            return new StoredReceipt(
                    receipt.modelCalls(),
                    usage.input(),
                    usage.output(),
                    usage.cacheRead(),
                    usage.cacheWrite(),
                    dollars == null ? null : dollars.toPlainString(),
                    receipt.toolCalls(),
                    receipt.millis());
        }

        Receipt receipt() {
            Usage usage = new Usage(input, output, cacheRead, cacheWrite);
            return new Receipt(modelCalls, usage, dollars == null ? null : new BigDecimal(dollars), toolCalls, millis);
        }
    }

    private StoredJson() {}

    static byte[] write(TurnRecord turn) {
        return write(new StoredTurn(
                FORMAT,
                turn.runId(),
                turn.at().toString(),
                turn.modelId(),
                map(turn.messages(), StoredMessage::of),
                null,
                null,
                map(turn.calls(), StoredCall::of),
                StoredReceipt.of(turn.receipt()),
                turn.outcome() == null ? null : turn.outcome().word()));
    }

    static byte[] write(PendingTurn pending) {
        return write(new StoredTurn(
                FORMAT,
                pending.runId(),
                null,
                pending.modelId(),
                map(pending.messages(), StoredMessage::of),
                map(pending.results(), StoredBlock::of),
                map(pending.approvals(), StoredApproval::of),
                map(pending.calls(), StoredCall::of),
                StoredReceipt.of(pending.receipt()),
                null));
    }

    private static byte[] write(StoredTurn turn) {
        try {
            // Through text: half a surrogate pair, which a tool may well answer with, then becomes "?". Written as
            // bytes it would be kept as an escape, and come back to trouble each reader of the conversation.
            return MAPPER.writeValueAsString(turn).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads a finished turn.
     *
     * @throws IllegalStateException if it is damaged, or of a later format
     */
    static TurnRecord readTurn(byte[] stored) {
        return read(
                stored,
                turn -> new TurnRecord(
                        turn.runId,
                        Instant.parse(needed(turn.at)),
                        turn.modelId,
                        map(turn.messages, StoredMessage::message),
                        map(turn.calls, StoredCall::call),
                        turn.receipt == null ? null : turn.receipt.receipt(),
                        TurnOutcome.of(turn.outcome)));
    }

    /**
     * Reads a turn that waits for approvals.
     *
     * @throws IllegalStateException if it is damaged, or of a later format
     */
    static PendingTurn readPending(byte[] stored) {
        return read(
                stored,
                turn -> new PendingTurn(
                        turn.runId,
                        needed(turn.modelId),
                        map(turn.messages, StoredMessage::message),
                        map(turn.results, StoredBlock::result),
                        map(turn.approvals, StoredApproval::approval),
                        map(turn.calls, StoredCall::call),
                        needed(turn.receipt).receipt()));
    }

    private static <T> T read(byte[] stored, Function<StoredTurn, T> read) {
        try {
            StoredTurn turn = MAPPER.readValue(stored, StoredTurn.class);
            if (turn.format != FORMAT) {
                throw new IllegalArgumentException("the format is unknown");
            }
            return read.apply(turn);
        } catch (IOException | RuntimeException e) {
            // Without the cause's message, which may quote what is stored.
            throw new IllegalStateException(
                    "a stored turn can't be read: " + e.getClass().getSimpleName());
        }
    }

    private static <S, T> List<T> map(@Nullable List<S> list, Function<S, T> mapped) {
        return list == null ? List.of() : list.stream().map(mapped).toList();
    }

    private static <T> T needed(@Nullable T member) {
        return Objects.requireNonNull(member);
    }
}
