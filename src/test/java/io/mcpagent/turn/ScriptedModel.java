package io.mcpagent.turn;

import io.mcpagent.model.Content;
import io.mcpagent.model.Model;
import io.mcpagent.model.ModelException;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.model.ReplyListener;
import io.mcpagent.model.Spending;
import io.mcpagent.model.StopReason;
import io.mcpagent.model.Usage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** A model that gives the replies of a script, one after the other, and keeps what it was asked. */
final class ScriptedModel implements Model {

    static final String ID = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    static final Usage USAGE = new Usage(100, 10, 0, 0);

    /** One reply of the script, or a failure. */
    @FunctionalInterface
    interface Step {
        ModelReply reply(ModelRequest request) throws ModelException, InterruptedException;
    }

    String id = ID;
    private final Deque<Step> script = new ArrayDeque<>();
    final List<ModelRequest> asked = new ArrayList<>();
    /** Answers in its place, unless it is null. */
    Model instead;

    int answered;

    ScriptedModel then(Step step) {
        script.add(step);
        return this;
    }

    /** Drops the rest of the script. */
    void forget() {
        script.clear();
    }

    ScriptedModel says(String text) {
        return stops(StopReason.END_TURN, new Content.Text(text));
    }

    ScriptedModel stops(StopReason why, Content... content) {
        return then(request -> new ModelReply(ID, Arrays.asList(content), why, USAGE));
    }

    /** Asks for tools: pairs of an id and a name; the arguments say which call it is. */
    ScriptedModel wants(String... idsAndNames) {
        List<Content> uses = new ArrayList<>();
        for (int i = 0; i < idsAndNames.length; i += 2) {
            uses.add(new Content.ToolUse(idsAndNames[i], idsAndNames[i + 1], "{\"n\":" + i / 2 + "}"));
        }
        return stops(StopReason.TOOL_USE, uses.toArray(Content[]::new));
    }

    @Override
    public ModelReply converse(ModelRequest request) throws ModelException, InterruptedException {
        // As a request to the model is: whoever was interrupted does not get to ask.
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Spending.Attempt attempt = request.spending().begin(id);
        if (instead != null) {
            answered++;
            return instead.converse(request);
        }
        asked.add(request);
        if (script.isEmpty()) {
            throw new AssertionError("the model was asked more often than the script says");
        }
        try {
            ModelReply reply = script.poll().reply(request);
            attempt.settle(reply.usage());
            return reply;
        } catch (ModelException e) {
            if (!e.sent()) {
                attempt.cancel();
            }
            throw e;
        } finally {
            attempt.settleUnknown();
        }
    }

    @Override
    public ModelReply sumUp(ModelRequest request) throws ModelException, InterruptedException {
        return converse(request);
    }

    @Override
    public ModelReply stream(ModelRequest request, ReplyListener listener) throws ModelException, InterruptedException {
        if (instead != null) {
            answered++;
            return instead.stream(request, listener);
        }
        ModelReply reply = converse(request);
        for (Content block : reply.content()) {
            switch (block) {
                case Content.Text(String text) -> listener.text(text);
                case Content.ToolUse use -> {
                    listener.toolUseStarted(use.id(), use.name());
                    listener.toolUseEnded(use.id(), use.input());
                }
                default -> {}
            }
        }
        listener.pause();
        return reply;
    }

    @Override
    public String modelId() {
        return ID;
    }
}
