package io.mcpagent.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.access.Caller;
import io.mcpagent.door.Answering;
import io.mcpagent.door.Questions;
import io.mcpagent.turn.Question;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * The agent as a model of OpenAI's Chat Completions API. A completion is a turn that knows the messages it was sent and nothing else; nothing of it
 * is stored.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/chat">Chat Completions</a>
 */
@Path("/v1")
@RunOnVirtualThread
final class OpenAiResource {

    private final Answering answering;
    private final Questions questions;
    private final Completions completions;
    private final Caller caller;

    OpenAiResource(Answering answering, Questions questions, Completions completions, Caller caller) {
        this.answering = answering;
        this.questions = questions;
        this.completions = completions;
        this.caller = caller;
    }

    /** The body, not the Accept header, says whether the answer is a stream. */
    @POST
    @Path("/chat/completions")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    public Response complete(JsonNode body, @HeaderParam("traceparent") String trace, @Context RoutingContext http) {
        CompletionRequest request = CompletionRequest.of(body, completions.model());
        Dialogue dialogue = request.dialogue();
        Question question =
                questions.unstored(caller.identity(), dialogue.history(), dialogue.question(), request.stream(), trace);
        if (!request.stream()) {
            return Response.ok(
                            completions.completion(answering.answer(question, http)), MediaType.APPLICATION_JSON_TYPE)
                    .build();
        }
        return Response.ok(
                        answering.stream(
                                question,
                                (_, runId) -> new CompletionChunks(completions, runId, request.includeUsage()),
                                http),
                        MediaType.SERVER_SENT_EVENTS_TYPE)
                .build();
    }

    @GET
    @Path("/models")
    @Produces(MediaType.APPLICATION_JSON)
    public JsonNode models() {
        return completions.modelList();
    }

    @GET
    @Path("/models/{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public JsonNode model(@PathParam("id") String id) {
        if (!id.equals(completions.model())) {
            throw InvalidParameter.model(completions.model());
        }
        return completions.modelObject();
    }

    @ServerExceptionMapper
    Response invalid(InvalidParameter e) {
        return Response.status(e.status())
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(OpenAiErrors.of(e.getMessage(), OpenAiErrors.INVALID, e.param(), e.code()))
                .build();
    }
}
