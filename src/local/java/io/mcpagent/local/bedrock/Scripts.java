package io.mcpagent.local.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.local.bedrock.Script.Block;
import io.mcpagent.local.bedrock.Script.Reply;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Chooses the script of a request: the queue first, then the standing one, which is the offline model at first. */
final class Scripts {

    private static final Script OFFLINE = new Script.Offline();
    private static final int MOST_ENCODED = 1_000;

    private final OfflineModel offline = new OfflineModel();
    private final boolean relayed;
    private final Queue<Script> queue = new ConcurrentLinkedQueue<>();
    private final Map<Reply, EncodedReply> encoded = new ConcurrentHashMap<>();
    private final Map<Script.RandomThrottle, Random> randoms = new ConcurrentHashMap<>();
    private volatile Script standing = OFFLINE;

    /** @param relayed whether another model answers in the place of the offline one */
    Scripts(boolean relayed) {
        this.relayed = relayed;
    }

    /** What is left when all choices are made. */
    sealed interface Choice {
        record Answer(EncodedReply reply) implements Choice {}

        record Error(Script.Failure failure) implements Choice {}

        /** The local model answers. */
        record Relayed() implements Choice {}
    }

    void add(List<Script> scripts) {
        queue.addAll(scripts);
    }

    void always(Script script) {
        standing = script;
    }

    int waiting() {
        return queue.size();
    }

    void clear() {
        queue.clear();
        standing = OFFLINE;
        encoded.clear();
        randoms.clear();
    }

    Choice choose(ConverseRequest request) {
        return resolve(next(), request);
    }

    private Script next() {
        Script script = queue.poll();
        return script == null ? standing : script;
    }

    private Choice resolve(Script script, ConverseRequest request) {
        return switch (script) {
            case Reply reply -> new Choice.Answer(encode(reply));
            case Script.Failure failure -> new Choice.Error(failure);
            case Script.Rounds(List<Script> scripts) ->
                resolve(scripts.get(Math.min(request.rounds(), scripts.size() - 1)), request);
            case Script.EchoResults echo -> new Choice.Answer(new EncodedReply(Script.text(echo(request))));
            case Script.EndlessTool(String name, JsonNode input) ->
                new Choice.Answer(new EncodedReply(Script.calls(
                        new Block.ToolUse(Ids.toolUse(name + request.messages().size()), name, input))));
            case Script.RandomThrottle throttle ->
                throttled(throttle)
                        ? new Choice.Error(Script.error(
                                "ThrottlingException", "Too many requests, please wait before trying again."))
                        : resolve(throttle.otherwise(), request);
            case Script.Offline model ->
                relayed
                        ? new Choice.Relayed()
                        : new Choice.Answer(new EncodedReply(thinking(offline.reply(request), request)));
            case Script.Obedient(Script.Responder responder) -> resolveOnce(responder.reply(request), request);
        };
    }

    /** What a model thought is not shown unless it is asked to: an empty text, and a signature. */
    private static Reply thinking(Reply reply, ConverseRequest request) {
        return ModelLimits.thinks(request.modelId(), request.body())
                ? reply.after(new Block.Reasoning("", Ids.request()))
                : reply;
    }

    /** A computed reply is likely to be another one each time: it isn't kept. */
    private Choice resolveOnce(Script script, ConverseRequest request) {
        return script instanceof Reply reply ? new Choice.Answer(new EncodedReply(reply)) : resolve(script, request);
    }

    private EncodedReply encode(Reply reply) {
        EncodedReply known = encoded.get(reply);
        if (known == null) {
            known = new EncodedReply(reply);
            if (encoded.size() < MOST_ENCODED) {
                encoded.put(reply, known);
            }
        }
        return known;
    }

    private boolean throttled(Script.RandomThrottle throttle) {
        Random random = randoms.computeIfAbsent(throttle, script -> new Random(script.seed()));
        return random.nextDouble() < throttle.probability();
    }

    private static String echo(ConverseRequest request) {
        StringBuilder text = new StringBuilder();
        request.lastResults()
                .forEach(result -> text.append(text.isEmpty() ? "" : "\n").append(ConverseRequest.text(result)));
        return text.isEmpty() ? "no tool results" : text.toString();
    }
}
