package io.mcpagent.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.mcpagent.access.Caller;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.StoreUnavailableException;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The audit trail, for those whom {@code agent.audit.auditors} names. */
@Path("/audit")
@RunOnVirtualThread
final class AuditResource {

    private static final String JSON_LINES = "application/jsonl";
    private static final int PAGE = 100;
    /** How many pages of the store one answer looks through for what is asked for. */
    private static final int MOST_PAGES = 20;

    private static final Pattern CURSOR = Pattern.compile("[0-9A-Za-z:.#T_-]{1,100}");
    private static final Duration BY_DEFAULT = Duration.ofDays(1);

    private final Audit audit;
    private final Caller caller;
    private final List<String> auditors;

    AuditResource(Audit audit, Caller caller, AgentConfig config) {
        this.audit = audit;
        this.caller = caller;
        this.auditors = config.audit().auditors().orElse(List.of());
    }

    /**
     * Some records.
     *
     * @param next the value of {@code after} for those that follow; null at the end
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Records(List<JsonNode> records, @Nullable String next) {}

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Records page(
            @QueryParam("from") @Nullable String from,
            @QueryParam("to") @Nullable String to,
            @QueryParam("caller") @Nullable String by,
            @QueryParam("conversation") @Nullable String conversation,
            @QueryParam("after") @Nullable String after) {
        requireAuditor();
        Span span = Span.of(from, to);
        if (after != null && !CURSOR.matcher(after).matches()) {
            throw new ProblemException(Problem.INVALID_REQUEST, "after must be what an answer gave as its next.");
        }
        Predicate<JsonNode> wanted = json -> is(json, "caller", by) && is(json, "conversationId", conversation);
        List<JsonNode> found = new ArrayList<>();
        String next = after;
        for (int i = 0; i < MOST_PAGES && found.size() < PAGE; i++) {
            AuditStore.Page page = read(span, next);
            page.records().stream().map(AuditRecord::json).filter(wanted).forEach(found::add);
            next = page.next();
            if (next == null) {
                break;
            }
        }
        return new Records(found, next);
    }

    /** All records of a time, one a line, as {@code agent audit verify} reads them. */
    @GET
    // Who says nothing of what is accepted gets a page.
    @Produces(JSON_LINES + ";qs=0.5")
    public Response export(@QueryParam("from") @Nullable String from, @QueryParam("to") @Nullable String to) {
        requireAuditor();
        Span span = Span.of(from, to);
        AuditStore.Page first = read(span, null);
        StreamingOutput records = out -> {
            AuditStore.Page page = first;
            while (true) {
                for (AuditRecord record : page.records()) {
                    out.write((record.line() + "\n").getBytes(StandardCharsets.UTF_8));
                }
                if (page.next() == null) {
                    return;
                }
                page = read(span, page.next());
            }
        };
        return Response.ok(records, JSON_LINES).build();
    }

    /** From when to when. */
    private record Span(Instant from, Instant to) {

        static Span of(@Nullable String from, @Nullable String to) {
            try {
                Instant end = to == null ? Instant.now() : Instant.parse(to);
                Span span = new Span(from == null ? end.minus(BY_DEFAULT) : Instant.parse(from), end);
                if (span.from.isAfter(span.to)) {
                    throw new ProblemException(Problem.INVALID_REQUEST, "from must not be after to.");
                }
                return span;
            } catch (DateTimeException e) {
                throw new ProblemException(
                        Problem.INVALID_REQUEST, "from and to must be times such as 2026-11-30T12:00:00Z.");
            }
        }
    }

    private AuditStore.Page read(Span span, @Nullable String after) {
        try {
            return audit.store().page(span.from, span.to, after, PAGE);
        } catch (StoreUnavailableException e) {
            throw new ProblemException(Problem.STORE_UNAVAILABLE, "Try again in a moment.", Duration.ofSeconds(2), e);
        }
    }

    private static boolean is(JsonNode record, String member, @Nullable String wanted) {
        return wanted == null || record.path(member).asText().equals(wanted);
    }

    private void requireAuditor() {
        if (!caller.isOneOf(auditors)) {
            audit.note(AuditEntry.of(AuditEntry.Act.RIGHTS_DENIED, caller.subject())
                    .with("door", "audit"));
            throw new ProblemException(Problem.FORBIDDEN, "Only auditors may read the audit trail.");
        }
    }
}
