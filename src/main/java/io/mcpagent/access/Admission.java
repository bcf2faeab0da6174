package io.mcpagent.access;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemAnswers;
import io.mcpagent.problem.ProblemException;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what must not be worked on, on the event loop and before the body is read: heads and bodies that are too large, and
 * what goes over the caller's limits. Tells callers what is left to them.
 *
 * @see <a href="https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10">RateLimit header fields for HTTP, draft 10</a>
 */
@Singleton
final class Admission {

    /** Quarkus' own body limit has no body of its own; sign-in is 200, permissions are 100, and a higher number comes first. */
    private static final int BEFORE_SIGN_IN = 1_000;

    private static final int AFTER_SIGN_IN = 50;

    /** Quarkus holds a body without a length to this, as it is read; its own limit is set at 2. */
    private static final String MOST_BYTES = "io.quarkus.max-request-size";

    private static final int AFTER_QUARKUS = 1;

    /** Here clients send the whole chat again with each question. */
    private static final Set<String> TAKES_A_HISTORY = Set.of("/v1/chat/completions", "/ag-ui");

    /** A body without a history may be this many times as long as the longest message, for JSON escapes some characters. */
    private static final int ESCAPES = 4;

    private final Limits limits;
    private final ProblemAnswers problems;
    private final RequestHeads heads;
    private final long longestBody;
    private final long longestHistory;

    Admission(
            Limits limits,
            ProblemAnswers problems,
            RequestHeads heads,
            AgentConfig config,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize longestHistory) {
        this.limits = limits;
        this.problems = problems;
        this.heads = heads;
        this.longestHistory = longestHistory.asLongValue();
        this.longestBody = Math.min(
                this.longestHistory, ESCAPES * config.turn().maxMessageSize().asLongValue());
    }

    void register(@Observes Filters filters) {
        filters.register(this::checkSizes, BEFORE_SIGN_IN);
        filters.register(this::admit, AFTER_SIGN_IN);
        filters.register(
                http -> {
                    http.put(MOST_BYTES, longest(http));
                    http.next();
                },
                AFTER_QUARKUS);
    }

    /** Vert.x fails a request without a host before any filter sees it, and Quarkus would log that as an error of ours. */
    void register(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).failureHandler(http -> {
            if (http.request().authority() == null && http.statusCode() == Problem.INVALID_REQUEST.status()) {
                problems.end(http, Problem.INVALID_REQUEST, "A request must name its host.", null);
            } else {
                http.next();
            }
        });
    }

    private void checkSizes(RoutingContext http) {
        HttpServerRequest request = http.request();
        if (!OpenPaths.contain(http.normalizedPath())) {
            // Answers are one person's and come word by word: nothing between here and their reader may keep or gather
            // them.
            http.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-store, no-transform");
            http.response().putHeader("X-Accel-Buffering", "no");
        }
        Problem head = heads.problem(request);
        if (head != null) {
            problems.end(http, head, heads.limit(head), null);
            return;
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        long longest = longest(http);
        if (length != null && isLonger(length, longest)) {
            problems.end(http, Problem.TOO_LARGE, "A body may have " + longest + " bytes at most.", null);
            return;
        }
        if (!isMediaType(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
            problems.end(http, Problem.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json.", null);
        } else if (!isMediaType(request.getHeader(HttpHeaders.ACCEPT))) {
            problems.end(http, Problem.NOT_ACCEPTABLE, "Accept application/json or text/event-stream.", null);
        } else {
            http.next();
        }
    }

    private long longest(RoutingContext http) {
        return TAKES_A_HISTORY.contains(http.normalizedPath()) ? longestHistory : longestBody;
    }

    /** RESTEasy answers 500 to what is none. */
    private static boolean isMediaType(@Nullable String header) {
        try {
            for (String type : header == null ? new String[0] : header.split(",")) {
                MediaType.valueOf(type.strip());
            }
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isLonger(String length, long longest) {
        try {
            return Long.parseLong(length) > longest;
        } catch (NumberFormatException e) {
            return true;
        }
    }

    private void admit(RoutingContext http) {
        if (OpenPaths.contain(http.normalizedPath()) || !(http.user() instanceof QuarkusHttpUser user)) {
            http.next();
            return;
        }
        SecurityIdentity identity = user.getSecurityIdentity();
        try {
            Limits.Quota quota = limits.count(identity);
            if (quota != null) {
                tell(quota, http.response());
                if (quota.problem() != null) {
                    throw quota.problem();
                }
            }
            if (beginsTurn(http)) {
                limits.requireRoom(identity);
            }
        } catch (ProblemException e) {
            problems.end(http, e.problem(), e.detail(), e.retryAfter());
            return;
        }
        http.next();
    }

    /** A POST here begins or continues a turn; at the MCP server most of them only list things. */
    private static boolean beginsTurn(RoutingContext http) {
        return HttpMethod.POST.equals(http.request().method())
                && !http.normalizedPath().equals("/mcp");
    }

    private static void tell(Limits.Quota quota, HttpServerResponse response) {
        response.putHeader("RateLimit-Policy", "\"requests\";q=" + quota.quota() + ";w=" + Account.WINDOW.toSeconds());
        response.putHeader(
                "RateLimit",
                "\"requests\";r=" + quota.remaining() + ";t=" + (quota.reset().toMillis() + 999) / 1000);
    }
}
