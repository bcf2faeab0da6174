package io.mcpagent.approval;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.mcpagent.access.Caller;
import io.mcpagent.audit.Audit;
import io.mcpagent.audit.AuditEntry;
import io.mcpagent.conversation.Approval;
import io.mcpagent.conversation.ApprovalDesks;
import io.mcpagent.conversation.ApprovalDesks.AskedCall;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.door.ArgumentsJson;
import io.mcpagent.door.Decided;
import io.mcpagent.identity.CallerPattern;
import io.mcpagent.identity.Identity;
import io.mcpagent.model.Arguments;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.ToolPolicy;
import io.mcpagent.turn.Failures;
import io.mcpagent.turn.SecondApprovals;
import io.mcpagent.turn.WaitingCalls;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The calls that wait for the caller's decision, in any conversation, and the decision on those of others. */
@Path("/approvals")
@RunOnVirtualThread
final class ApprovalsResource {

    private static final int PAGE = 20;
    private static final Pattern CURSOR = Pattern.compile("[0-9]{15}#[0-9a-f]{32}");
    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");

    private final ApprovalDesks desks;
    private final SecondApprovals approvals;
    private final ToolPolicy policy;
    private final Caller caller;
    private final Audit audit;

    ApprovalsResource(ApprovalDesks desks, SecondApprovals approvals, ToolPolicy policy, Caller caller, Audit audit) {
        this.desks = desks;
        this.approvals = approvals;
        this.policy = policy;
        this.caller = caller;
        this.audit = audit;
    }

    /**
     * Some calls that wait, those first that end first.
     *
     * @param next the value of {@code after} for those that follow; null at the end
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record WaitingPage(List<ListedCall> approvals, @Nullable String next) {}

    /**
     * A call that waits.
     *
     * @param askedBy        whose conversation it is in
     * @param conversationId that conversation, if it is the caller's own: there it is decided and run
     * @param callId         its id there
     * @param approvers      those of whom one has to approve it beside the one who asked; null if nobody has to
     * @param approvedBy     who has
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ListedCall(
            String id,
            String tool,

            @JsonSerialize(using = ArgumentsJson.ArgumentsWriter.class)
            Arguments arguments,

            String digest,
            Instant expiresAt,
            String askedBy,
            @Nullable String conversationId,
            @Nullable String callId,
            @Nullable List<String> approvers,
            @Nullable String approvedBy) {

        static ListedCall of(AskedCall call, Approval approval, boolean own) {
            return new ListedCall(
                    call.id(),
                    approval.tool(),
                    approval.arguments(),
                    approval.digest(),
                    approval.expiresAt(),
                    call.owner(),
                    own ? call.conversationId() : null,
                    own ? call.callId() : null,
                    approval.approvers().isEmpty() ? null : approval.approvers(),
                    approval.approvedBy());
        }
    }

    /**
     * What became of a call.
     *
     * @param state  {@code approved}: the one who asked can now have it run; or {@code declined}
     * @param digest of the arguments that it will run with
     */
    record DecidedCall(String id, String tool, String state, String digest) {}

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public WaitingPage waiting(@QueryParam("after") @Nullable String after) {
        if (after != null && !CURSOR.matcher(after).matches()) {
            throw new ProblemException(Problem.INVALID_REQUEST, "after must be what an answer gave as its next.");
        }
        Identity identity = caller.identity();
        List<String> mine = new ArrayList<>(List.of(WaitingCalls.deskOf(identity.subject())));
        policy.approvers().stream()
                .filter(approver -> approver.matches(identity))
                .map(CallerPattern::toString)
                .forEach(mine::add);
        try {
            ApprovalDesks.AskedCalls page = desks.page(mine, after, PAGE);
            Map<String, ListedCall> listed = new LinkedHashMap<>();
            for (AskedCall call : page.calls()) {
                approvals
                        .find(call, identity)
                        .map(approval ->
                                ListedCall.of(call, approval, call.owner().equals(identity.subject())))
                        .ifPresent(each -> listed.put(each.id(), each));
            }
            return new WaitingPage(List.copyOf(listed.values()), page.next());
        } catch (StoreUnavailableException e) {
            throw Failures.problem(e, null);
        }
    }

    @POST
    @Path("/{id}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public DecidedCall decide(@PathParam("id") String id, @Nullable Decided decided) throws InterruptedException {
        if (decided == null || decided.approve() == null) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "Say in the member approve whether the call may run: true or false.");
        }
        if (decided.approve() && decided.digest() == null) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "Send the digest of the call that you saw. Another call may wait now.");
        }
        AskedCall call = found(id)
                .orElseThrow(() -> new ProblemException(
                        Problem.APPROVAL_NOT_FOUND, "It never waited, is over, or is not for you to decide."));
        try {
            Approval now = approvals.decide(call, decided.verdict(call.callId()), caller.identity());
            return new DecidedCall(
                    call.id(),
                    now.tool(),
                    now.state() == Approval.Stage.DECLINED ? "declined" : "approved",
                    now.digest());
        } catch (ProblemException e) {
            if (e.problem() == Problem.FORBIDDEN || e.problem() == Problem.APPROVAL_NOT_FOUND) {
                audit.note(AuditEntry.of(AuditEntry.Act.RIGHTS_DENIED, caller.subject())
                        .with("door", "approvals")
                        .with("approval", call.id()));
            }
            throw e;
        }
    }

    private Optional<AskedCall> found(String id) {
        try {
            return ID.matcher(id).matches() ? desks.find(id) : Optional.empty();
        } catch (StoreUnavailableException e) {
            throw Failures.problem(e, null);
        }
    }
}
