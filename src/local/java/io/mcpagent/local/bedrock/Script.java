package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the local Bedrock answers to a request. The set is closed; {@link Obedient} is the way to compute an answer.
 * All of them are immutable and can be used by many requests at once.
 */
public sealed interface Script {

    /** A text answer, one frame a word, without delay. */
    static Reply text(String text) {
        return new Reply(List.of(new Block.Text(text)), "end_turn", null, Pace.NONE, Fault.None.NONE, null, null);
    }

    /** One tool call; the service's way to number it ({@code tooluse_…}) is taken over. */
    static Reply call(String name, JsonNode input) {
        return calls(Block.ToolUse.of(name, input));
    }

    /**
     * One tool call.
     *
     * @param input a JSON object
     * @throws IllegalArgumentException if it is not JSON
     */
    static Reply call(String name, String input) {
        return call(name, Json.parse(input));
    }

    /** Several tool calls in one message. */
    static Reply calls(Block.ToolUse... calls) {
        return new Reply(List.of(calls), "tool_use", null, Pace.NONE, Fault.None.NONE, null, null);
    }

    /** An HTTP error before anything of an answer, with the status that the service gives this type. */
    static Failure error(String type, String message) {
        return new Failure(Failure.statusOf(type), type, message, Duration.ZERO);
    }

    /**
     * A model message.
     *
     * @param blocks content blocks in order, at least one unless the stop reason is a refusal
     * @param stopReason as the service names it, for example {@code end_turn}
     * @param usage token counts, or null to estimate them (four characters a token)
     * @param pace when it is sent
     * @param fault what goes wrong while it is sent
     * @param additionalFields {@code additionalModelResponseFields}, or null
     * @param trace {@code trace} of the metadata (guardrails), or null
     */
    record Reply(
            List<Block> blocks,
            String stopReason,
            Usage usage,
            Pace pace,
            Fault fault,
            JsonNode additionalFields,
            JsonNode trace)
            implements Script {

        public Reply {
            blocks = List.copyOf(blocks);
        }

        /** The same message with {@code block} in front, as reasoning is. */
        public Reply after(Block block) {
            List<Block> all = new ArrayList<>(List.of(block));
            all.addAll(blocks);
            return new Reply(all, stopReason, usage, pace, fault, additionalFields, trace);
        }

        /** The same message with {@code block} behind. */
        public Reply and(Block block) {
            List<Block> all = new ArrayList<>(blocks);
            all.add(block);
            return new Reply(all, stopReason, usage, pace, fault, additionalFields, trace);
        }

        /** The same message with another stop reason. */
        public Reply stop(String reason) {
            return new Reply(blocks, reason, usage, pace, fault, additionalFields, trace);
        }

        /** The same message with exact token counts. */
        public Reply usage(Usage exact) {
            return new Reply(blocks, stopReason, exact, pace, fault, additionalFields, trace);
        }

        /** The same message, each frame sent {@code delay} after the one before. */
        public Reply frameDelay(Duration delay) {
            return new Reply(
                    blocks, stopReason, usage, new Pace(pace.beforeHeaders(), delay), fault, additionalFields, trace);
        }

        /** The same message, silent for {@code delay} before the status line. */
        public Reply delay(Duration delay) {
            return new Reply(
                    blocks, stopReason, usage, new Pace(delay, pace.frameDelay()), fault, additionalFields, trace);
        }

        /** The same message with a fault. */
        public Reply fault(Fault wrong) {
            return new Reply(blocks, stopReason, usage, pace, wrong, additionalFields, trace);
        }

        /** The same message with a guardrail trace or any other {@code trace} in its metadata. */
        public Reply trace(JsonNode node) {
            return new Reply(blocks, stopReason, usage, pace, fault, additionalFields, node);
        }

        /** The same message with {@code additionalModelResponseFields}. */
        public Reply additionalFields(JsonNode node) {
            return new Reply(blocks, stopReason, usage, pace, fault, node, trace);
        }

        /** How many event-stream frames the whole message has; a fault can be put at 0 up to this number. */
        public int frames() {
            return new EncodedReply(this).bodyFrames().size() + 1;
        }
    }

    /**
     * An HTTP error before anything of an answer.
     *
     * @param status HTTP status
     * @param type value of {@code x-amzn-errortype}
     * @param message text for people
     * @param delay silence before it
     */
    record Failure(int status, String type, String message, Duration delay) implements Script {

        /** The HTTP status of an error type of Bedrock Runtime; 500 for one that it does not have. */
        static int statusOf(String type) {
            return switch (type) {
                case "ValidationException" -> 400;
                case "AccessDeniedException",
                        "MissingAuthenticationTokenException",
                        "InvalidSignatureException",
                        "UnrecognizedClientException",
                        "ExpiredTokenException" -> 403;
                case "ResourceNotFoundException", "UnknownOperationException" -> 404;
                case "ModelTimeoutException" -> 408;
                case "ModelErrorException" -> 424;
                case "ThrottlingException", "ModelNotReadyException" -> 429;
                case "ServiceUnavailableException" -> 503;
                default -> 500;
            };
        }

        /** The same error, silent for {@code before} first. */
        public Failure delay(Duration before) {
            return new Failure(status, type, message, before);
        }
    }

    /**
     * One script for each round of a turn: the first for the question, the next when the results of one round of tool
     * calls came back, and so on; the last one again for any later round. Independent of the order of requests, so that
     * any number of turns can run at once.
     */
    record Rounds(List<Script> scripts) implements Script {
        public Rounds {
            scripts = List.copyOf(scripts);
        }

        /** Rounds in this order. */
        public static Rounds of(Script... scripts) {
            return new Rounds(List.of(scripts));
        }
    }

    /** Answers with the text of the tool results of the last message, and ends the turn. */
    record EchoResults() implements Script {}

    /** Calls one tool whatever came back. */
    record EndlessTool(String name, JsonNode input) implements Script {}

    /** Throttles this part of the requests (0 to 1), drawn with a seed; the others get {@code otherwise}. */
    record RandomThrottle(double probability, long seed, Script otherwise) implements Script {}

    /** The offline model, for a queue that has it between other scripts. */
    record Offline() implements Script {}

    /** Computed from the request by the test. */
    record Obedient(Responder responder) implements Script {}

    /** Computes an answer. Called on the connection's own thread, by many at once. */
    @FunctionalInterface
    interface Responder {
        Script reply(ConverseRequest request);
    }

    /** A content block of a model message. */
    sealed interface Block {
        /** Text, sent one frame a word. */
        record Text(String text) implements Block {}

        /** A tool call; the input is sent in fragments that end anywhere. */
        record ToolUse(String id, String name, JsonNode input) implements Block {
            /** A call with an id made from name and input: equal calls have equal ids. */
            public static ToolUse of(String name, JsonNode input) {
                JsonNode given = input == null ? JsonNodeFactory.instance.objectNode() : input;
                return new ToolUse(Ids.toolUse(name + given), name, given);
            }
        }

        /** A reasoning block; the signature may be null. */
        record Reasoning(String text, String signature) implements Block {}

        /** Reasoning that the service encrypted. */
        record Redacted(byte[] content) implements Block {}
    }

    /** Exact token counts. */
    record Usage(int inputTokens, int outputTokens, int cacheReadInputTokens, int cacheWriteInputTokens) {}

    /** Silence before the status line, and between the start of two frames. */
    record Pace(Duration beforeHeaders, Duration frameDelay) {
        static final Pace NONE = new Pace(Duration.ZERO, Duration.ZERO);
    }

    /** What goes wrong; {@code frame} is the number of good frames before it. */
    sealed interface Fault {
        /** Nothing. */
        enum None implements Fault {
            NONE
        }

        /** An exception frame such as {@code throttlingException}, after which the stream ends as it should. */
        record ExceptionAt(int frame, String type, String message) implements Fault {}

        /** Silence, for ever if {@code duration} is null. */
        record StallAt(int frame, Duration duration) implements Fault {}

        /** The end. */
        record CutAt(int frame, Cut how) implements Fault {}

        /** One frame whose message checksum is wrong. */
        record CorruptCrcAt(int frame) implements Fault {}

        /** One more frame, right in all but its size in bytes (16 to 64 MiB or so). */
        record OversizedAt(int frame, int bytes) implements Fault {}
    }

    /** How a stream is cut: a proper end of the HTTP body, a closed connection, or a reset one. */
    enum Cut {
        CLEAN_END,
        FIN,
        RESET
    }
}
