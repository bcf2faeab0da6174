package io.mcpagent.mcpserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mcpagent.door.ChatReply;
import io.mcpagent.door.EventFormat;
import io.mcpagent.door.JsonEvents;
import io.mcpagent.jsonrpc.JsonRpc;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.TurnEvent;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Tells a turn as the progress of a call, and at last its result. Many clients give a call up after 60 s, and begin to count anew when they hear of
 * progress. For one turn; safe for the two threads that tell of it.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress">Progress</a>
 */
final class AskProgress implements EventFormat {

    private final JsonNode token;
    private final Function<ChatReply, ObjectNode> answered;
    private final Function<ProblemException, ObjectNode> failed;
    private final AtomicInteger progress = new AtomicInteger();

    /**
     * @param token    what the client calls the progress
     * @param answered makes the whole response of an answer
     * @param failed   makes it of a problem
     */
    AskProgress(
            JsonNode token, Function<ChatReply, ObjectNode> answered, Function<ProblemException, ObjectNode> failed) {
        this.token = token;
        this.answered = answered;
        this.failed = failed;
    }

    @Override
    public void write(TurnEvent event, JsonEvents to) {
        switch (event) {
            case TurnEvent.Started _ -> send(progress("The turn has begun"), to);
            case TurnEvent.ToolCallStarted call -> send(progress("The agent asks for " + call.name()), to);
            case TurnEvent.TextStarted _ -> send(progress("The agent writes"), to);
            case TurnEvent.Finished(var result) -> send(answered.apply(ChatReply.of(result)), to);
            case TurnEvent.Failed(var problem, var detail) ->
                send(failed.apply(new ProblemException(problem, detail)), to);
            default -> {}
        }
    }

    @Override
    public void replay(ChatReply reply, JsonEvents to) {
        send(answered.apply(reply), to);
    }

    @Override
    public String silence() {
        return "data: " + progress("The agent works") + "\n\n";
    }

    private ObjectNode progress(String message) {
        ObjectNode notification = JsonRpc.notification("notifications/progress");
        ObjectNode params = notification.putObject("params");
        params.set("progressToken", token);
        params.put("progress", progress.incrementAndGet()).put("message", message);
        return notification;
    }

    private static void send(ObjectNode message, JsonEvents to) {
        to.object(members -> {
            for (Map.Entry<String, JsonNode> member : message.properties()) {
                members.writeFieldName(member.getKey());
                members.writeTree(member.getValue());
            }
        });
    }
}
