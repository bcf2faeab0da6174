package io.mcpagent.agui;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.access.Caller;
import io.mcpagent.door.Answering;
import io.mcpagent.door.Questions;
import io.mcpagent.turn.Question;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.Objects;

/**
 * The agent for AG-UI's clients. A thread is a conversation, and what is kept of it here is what counts: of the messages that a client sends along,
 * only the last one is read.
 *
 * @see <a href="https://docs.ag-ui.com/concepts/agents">AG-UI agents</a>
 */
@Path("/ag-ui")
@RunOnVirtualThread
final class AgUiResource {

    private final Answering answering;
    private final Questions questions;
    private final Caller caller;
    private final ObjectMapper json;

    AgUiResource(Answering answering, Questions questions, Caller caller, ObjectMapper json) {
        this.answering = answering;
        this.questions = questions;
        this.caller = caller;
        this.json = json;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public StreamingOutput run(JsonNode body, @HeaderParam("traceparent") String trace, @Context RoutingContext http) {
        RunInput input = RunInput.of(body);
        Question question = input.verdicts().isEmpty()
                ? questions.threaded(
                        caller.identity(), input.threadId(), Objects.requireNonNull(input.question()), trace)
                : questions.decisions(caller.identity(), input.threadId(), input.verdicts(), trace);
        return answering.stream(question, (threadId, _) -> new AgUi(json, threadId, input.runId()), http);
    }
}
