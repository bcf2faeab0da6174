package io.mcpagent.chat;

import io.mcpagent.access.Caller;
import io.mcpagent.audit.Audit;
import io.mcpagent.audit.AuditEntry;
import io.mcpagent.conversation.ConversationBusyException;
import io.mcpagent.conversation.ConversationSummary;
import io.mcpagent.conversation.Conversations;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.door.Answering;
import io.mcpagent.door.ChatReply;
import io.mcpagent.door.ConversationView;
import io.mcpagent.door.Decided;
import io.mcpagent.door.EventFormat;
import io.mcpagent.door.Questions;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.turn.Failures;
import io.mcpagent.turn.Question;
import io.mcpagent.turn.Runs;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Conversations over HTTP. */
@Path("/chat")
@RunOnVirtualThread
final class ChatResource {

    private static final int LISTED = 200;
    private static final int LONGEST_ID = 128;

    private final Answering answering;
    private final Conversations conversations;
    private final Runs runs;
    private final Questions questions;
    private final Caller caller;
    private final Audit audit;
    private final EventFormat.Factory events;

    ChatResource(
            Answering answering,
            Conversations conversations,
            Runs runs,
            Questions questions,
            Caller caller,
            Audit audit,
            EventFormat.Factory events) {
        this.answering = answering;
        this.conversations = conversations;
        this.runs = runs;
        this.questions = questions;
        this.caller = caller;
        this.audit = audit;
        this.events = events;
    }

    /** The caller's conversations, the last changed first. */
    record Listing(List<ConversationSummary> conversations) {}

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public ChatReply ask(
            ChatRequest request,
            @HeaderParam("Idempotency-Key") String key,
            @HeaderParam("traceparent") String trace,
            @Context RoutingContext http) {
        return answering.answer(question(request, false, key, trace), http);
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public StreamingOutput askStreaming(
            ChatRequest request,
            @HeaderParam("Idempotency-Key") String key,
            @HeaderParam("traceparent") String trace,
            @Context RoutingContext http) {
        return stream(question(request, true, key, trace), http);
    }

    @POST
    @Path("/{id}/approvals/{callId}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public ChatReply decide(
            @PathParam("id") String id,
            @PathParam("callId") String callId,
            Decided verdict,
            @HeaderParam("Idempotency-Key") String key,
            @HeaderParam("traceparent") String trace,
            @Context RoutingContext http) {
        return answering.answer(questions.decision(caller.identity(), id, callId, verdict, false, key, trace), http);
    }

    @POST
    @Path("/{id}/approvals/{callId}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public StreamingOutput decideStreaming(
            @PathParam("id") String id,
            @PathParam("callId") String callId,
            Decided verdict,
            @HeaderParam("Idempotency-Key") String key,
            @HeaderParam("traceparent") String trace,
            @Context RoutingContext http) {
        return stream(questions.decision(caller.identity(), id, callId, verdict, true, key, trace), http);
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Listing list() {
        return new Listing(fromStore(() -> conversations.list(caller.subject(), LISTED)));
    }

    @GET
    @Path("/{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public ConversationView show(@PathParam("id") String id) {
        return ConversationView.of(
                fromStore(() -> conversations.find(caller.subject(), id)).orElseThrow(ChatResource::absent));
    }

    @DELETE
    @Path("/{id}")
    public void delete(@PathParam("id") String id) {
        requireRecord(id);
        if (!fromStore(() -> conversations.delete(caller.subject(), id))) {
            throw absent();
        }
    }

    @DELETE
    @Path("/{id}/run")
    public void stop(@PathParam("id") String id) {
        if (!runs.cancel(caller.subject(), id)) {
            throw new ProblemException(Problem.RUN_NOT_FOUND, "It has ended, or the conversation is not yours.");
        }
    }

    private void requireRecord(String id) {
        try {
            audit.require(AuditEntry.of(AuditEntry.Act.DELETION, caller.subject())
                    .with("door", "chat")
                    .with("conversationId", id.length() <= LONGEST_ID ? id : "too long"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProblemException(Problem.TURN_CANCELLED, "Nothing was deleted.", null, e);
        }
    }

    private StreamingOutput stream(Question question, RoutingContext http) {
        return answering.stream(question, events, http);
    }

    /** A body may be empty, or the word null. */
    private Question question(
            @Nullable ChatRequest request, boolean streaming, @Nullable String key, @Nullable String trace) {
        return questions.message(
                caller.identity(),
                request == null ? null : request.conversationId(),
                request == null ? null : request.message(),
                streaming,
                key,
                trace);
    }

    /** Says of a failure of the store what the caller may know, as a turn does. */
    private static <T> T fromStore(Supplier<T> step) {
        try {
            return step.get();
        } catch (ConversationBusyException | StoreUnavailableException e) {
            throw Failures.problem(e, null);
        }
    }

    private static ProblemException absent() {
        return new ProblemException(
                Problem.CONVERSATION_NOT_FOUND, "It never existed, has expired, or belongs to somebody else.");
    }
}
