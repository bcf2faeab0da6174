package io.mcpagent.rights;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.mcpagent.access.Caller;
import io.mcpagent.audit.Audit;
import io.mcpagent.audit.AuditEntry;
import io.mcpagent.base.Deadline;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.identity.Identity;
import io.mcpagent.identity.SubjectParts;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.tools.McpToolbox;
import io.mcpagent.tools.ToolExplanation;
import io.mcpagent.tools.ToolPolicy;
import io.mcpagent.tools.ToolRight;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What callers may do with the tools, told to themselves; and to operators, of anybody. */
@Path("/tools")
@RunOnVirtualThread
final class ToolsResource {

    private static final Duration MARGIN = Duration.ofSeconds(1);
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final int MOST_NAMES = 100;

    private final McpToolbox toolbox;
    private final Caller caller;
    private final Audit audit;
    private final List<String> operators;
    private final Duration patience;

    ToolsResource(McpToolbox toolbox, Caller caller, Audit audit, AgentConfig config) {
        this.toolbox = toolbox;
        this.caller = caller;
        this.audit = audit;
        this.operators = config.access().operators().orElse(List.of());
        this.patience = config.tools().listTimeout().plus(MARGIN);
    }

    /** All tools that there are. */
    record OwnRights(List<OwnRight> tools) {}

    /**
     * What the caller may do with one.
     *
     * @param use     {@code allow}, {@code ask} or {@code deny}
     * @param why     the rule that decides, or another reason in a few words
     * @param offered whether the model is told of it
     * @param missing what the tool needs to know of its caller and does not; null if that is nothing
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record OwnRight(
            String name,
            String use,
            String why,
            boolean offered,
            @Nullable List<String> missing) {

        static OwnRight of(ToolRight right) {
            return new OwnRight(
                    right.name(),
                    word(right.ruling()),
                    right.ruling().why(),
                    right.offered(),
                    right.missing().isEmpty() ? null : right.missing());
        }
    }

    /** Whether somebody may call a tool, and by which of the rules about it, the most specific first. */
    record Explained(
            String tool, String use, String why, List<String> needs, List<ToolExplanation.WeighedRule> rules) {}

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public OwnRights own() throws InterruptedException {
        return new OwnRights(
                toolbox
                        .rights(caller.identity(), Deadline.in(patience))
                        .orElseThrow(ToolsResource::unavailable)
                        .stream()
                        .map(OwnRight::of)
                        .toList());
    }

    @GET
    @Path("/explain")
    @Produces(MediaType.APPLICATION_JSON)
    public Explained explain(
            @QueryParam("tool") @Nullable String tool,
            @QueryParam("subject") @Nullable String subject,
            @QueryParam("key") @Nullable String key,
            @QueryParam("group") List<String> groups,
            @QueryParam("role") List<String> roles,
            @QueryParam("scope") List<String> scopes)
            throws InterruptedException {
        if (!caller.isOneOf(operators)) {
            audit.note(AuditEntry.of(AuditEntry.Act.RIGHTS_DENIED, caller.subject())
                    .with("door", "tools"));
            throw new ProblemException(Problem.FORBIDDEN, "Only operators may ask what others may do.");
        }
        if (tool == null || tool.isBlank() || groups.size() + roles.size() + scopes.size() > MOST_NAMES) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "Name one tool, and " + MOST_NAMES
                            + " groups, roles and scopes at most: ?tool=…&subject=…&group=…");
        }
        ToolExplanation said = toolbox
                .explain(tool, described(subject, key, groups, roles, scopes), Deadline.in(patience))
                .orElseThrow(ToolsResource::unavailable)
                .stream()
                .findFirst()
                .orElseThrow(
                        () -> new ProblemException(Problem.NOT_FOUND, "The tool server has no tool of that name."));
        return new Explained(said.name(), word(said.ruling()), said.ruling().why(), said.needs(), said.rules());
    }

    /** Somebody of whom this is known. A subject can be written as the issuer has it, or as the service has it. */
    private static Identity described(
            @Nullable String subject,
            @Nullable String key,
            List<String> groups,
            List<String> roles,
            List<String> scopes) {
        String who = Objects.requireNonNullElse(subject, key == null ? "nobody" : "key:" + key);
        SubjectParts parts = SubjectParts.of(who);
        boolean vouched = parts.key() != null && parts.person() != null;
        return new Identity(
                who,
                vouched ? null : Objects.requireNonNullElse(parts.person(), who),
                key == null ? parts.key() : key,
                new HashSet<>(groups),
                new HashSet<>(roles),
                new HashSet<>(scopes),
                Map.of(),
                null);
    }

    private static String word(ToolPolicy.Ruling ruling) {
        return ruling.permission().name().toLowerCase(Locale.ROOT);
    }

    private static ProblemException unavailable() {
        return new ProblemException(Problem.TOOLS_UNAVAILABLE, "Try again in a moment.", SOON, null);
    }
}
