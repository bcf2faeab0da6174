package io.mcpagent.access;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells the chat page how one can sign in here. */
@Path("/sign-in.json")
final class SignInResource {

    private final SignIn signIn;
    private final PageSignIn page;

    SignInResource(SignIn signIn, PageSignIn page) {
        this.signIn = signIn;
        this.page = page;
    }

    /**
     * The ways to sign in.
     *
     * @param methods {@code key}, {@code oidc}, or {@code none} where nobody has to
     * @param oidc    where people sign in; null without the method {@code oidc}
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Ways(List<String> methods, PageSignIn.@Nullable Issuer oidc) {}

    @GET
    @NonBlocking
    @Produces(MediaType.APPLICATION_JSON)
    public Ways ways() {
        if (!signIn.required()) {
            return new Ways(List.of("none"), null);
        }
        // Without a client at the issuer the key's field still takes a token that somebody brings along.
        return page.issuer()
                .map(issuer -> new Ways(signIn.byKey() ? List.of("key", "oidc") : List.of("oidc"), issuer))
                .orElseGet(() -> new Ways(List.of("key"), null));
    }
}
