package io.mcpagent.access;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemException;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/**
 * Tells clients at which issuer people sign in, so that an editor that knows nothing but the address of {@code /mcp} can send its person there.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9728">RFC 9728, OAuth 2.0 Protected Resource Metadata</a>
 */
@Path(ProtectedResource.PATH)
@NonBlocking
final class ProtectedResource {

    static final String PATH = "/.well-known/oauth-protected-resource";

    private final SignIn signIn;
    private final List<String> scopes;

    ProtectedResource(SignIn signIn, AgentConfig config) {
        this.signIn = signIn;
        this.scopes = config.access().pageScopes();
    }

    /**
     * What a client has to know.
     *
     * @param resource what the token is for: the address that the client used
     * @param issuers  who makes such tokens
     * @param methods  how it is sent
     * @param scopes   what to ask for
     */
    record Metadata(
            String resource,
            @JsonProperty("authorization_servers") List<String> issuers,
            @JsonProperty("bearer_methods_supported") List<String> methods,
            @JsonProperty("scopes_supported") List<String> scopes,
            @JsonProperty("resource_name") String name) {}

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Metadata whole(@Context RoutingContext http) {
        return metadata(http, "");
    }

    @GET
    @Path("/{door}")
    @Produces(MediaType.APPLICATION_JSON)
    public Metadata door(@PathParam("door") String door, @Context RoutingContext http) {
        if (!door.equals("mcp")) {
            throw absent();
        }
        return metadata(http, "/mcp");
    }

    private Metadata metadata(RoutingContext http, String path) {
        String issuer = signIn.issuer().orElseThrow(ProtectedResource::absent);
        return new Metadata(base(http.request()) + path, List.of(issuer), List.of("header"), scopes, "mcp-agent");
    }

    /** The address under which this service was asked; a load balancer that ends TLS says so. */
    static String base(HttpServerRequest request) {
        boolean secure = request.isSSL() || "https".equalsIgnoreCase(request.getHeader("X-Forwarded-Proto"));
        return (secure ? "https://" : "http://") + request.authority();
    }

    private static ProblemException absent() {
        return new ProblemException(
                Problem.NOT_FOUND, "No issuer is configured, so no resource here needs its tokens.");
    }
}
