package io.mcpagent.access;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemAnswers;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Refuses, while nobody has to sign in, what a foreign web page has a browser send: any page can send requests to this machine, and one that rebinds
 * its name to this machine's address can read the answers, too. So {@code Host} must be a name of this machine or a configured one, and so must
 * {@code Origin}, if there is one. Where callers sign in no browser sends credentials by itself.
 *
 * @see <a href="https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning">MCP, Security Warning</a>
 */
@Singleton
final class ForeignPages {

    private static final int BEFORE_SIZES = 1_100;
    private static final String NAME = "([A-Za-z0-9._-]{1,253}|\\[[0-9a-fA-F:]{2,39}])(?::[0-9]{1,5})?";
    private static final Pattern AUTHORITY = Pattern.compile(NAME);
    private static final Pattern ORIGIN = Pattern.compile("https?://" + NAME);
    private static final Pattern LOOPBACK = Pattern.compile(
            "(?:[a-z0-9-]{1,63}\\.)*localhost|127(?:\\.(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}|\\[::1]");

    private final boolean needed;
    private final Set<String> configured;
    private final ProblemAnswers problems;

    @Inject
    ForeignPages(SignIn signIn, AgentConfig config, ProblemAnswers problems) {
        this(!signIn.required(), config.access().hosts().orElse(List.of()), problems);
    }

    ForeignPages(boolean needed, List<String> hosts, ProblemAnswers problems) {
        this.needed = needed;
        this.configured = hosts.stream().map(ForeignPages::plain).collect(Collectors.toUnmodifiableSet());
        this.problems = problems;
    }

    void register(@Observes Filters filters) {
        if (needed) {
            filters.register(this::check, BEFORE_SIZES);
        }
    }

    private void check(RoutingContext http) {
        HttpServerRequest request = http.request();
        // Load balancers and orchestrators ask by address; the answer is the same for everybody.
        boolean health =
                http.normalizedPath().equals("/health") || http.normalizedPath().startsWith("/health/");
        if (health
                || isOurs(
                        request.uri(),
                        request.headers().getAll(HttpHeaders.HOST),
                        request.headers().getAll(HttpHeaders.ORIGIN))) {
            http.next();
        } else {
            problems.end(
                    http,
                    Problem.FORBIDDEN,
                    "While authentication is off, Host and Origin must have one of this machine's names. agent.access.hosts lists further names.",
                    null);
        }
    }

    /**
     * Whether a request was not made by a foreign page.
     *
     * @param target  the path and query; a whole address names a host that no browser sends
     * @param hosts   the values of each {@code Host}
     * @param origins the values of each {@code Origin}
     */
    boolean isOurs(String target, List<String> hosts, List<String> origins) {
        return (target.startsWith("/") || target.equals("*"))
                && hosts.size() == 1
                && isOurs(AUTHORITY.matcher(hosts.getFirst()))
                && origins.size() <= 1
                && origins.stream().allMatch(origin -> isOurs(ORIGIN.matcher(origin)));
    }

    private boolean isOurs(Matcher named) {
        if (!named.matches()) {
            return false;
        }
        String host = plain(named.group(1));
        return LOOPBACK.matcher(host).matches() || configured.contains(host);
    }

    /** A name ends with a dot or without one, and has no case. */
    private static String plain(String host) {
        String lower = host.strip().toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
