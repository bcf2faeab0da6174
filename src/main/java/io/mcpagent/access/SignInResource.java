package io.mcpagent.access;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.enterprise.inject.Instance;
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
    private final Instance<SamplePeople> samples;

    SignInResource(SignIn signIn, PageSignIn page, Instance<SamplePeople> samples) {
        this.signIn = signIn;
        this.page = page;
        this.samples = samples;
    }

    /**
     * The ways to sign in.
     *
     * @param methods {@code key}, {@code oidc}, or {@code none} where nobody has to
     * @param oidc    where people sign in; null without the method {@code oidc}
     * @param people  as whom one can ask without a sign-in; null but in dev mode
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Ways(
            List<String> methods,
            PageSignIn.@Nullable Issuer oidc,
            @Nullable List<SamplePeople.SampleCustomer> people) {}

    @GET
    @NonBlocking
    @Produces(MediaType.APPLICATION_JSON)
    public Ways ways() {
        if (!signIn.required()) {
            return new Ways(
                    List.of("none"),
                    null,
                    samples.isResolvable() ? samples.get().all() : null);
        }
        // Without a client at the issuer the key's field still takes a token that somebody brings along.
        return page.issuer()
                .map(issuer -> new Ways(signIn.byKey() ? List.of("key", "oidc") : List.of("oidc"), issuer, null))
                .orElseGet(() -> new Ways(List.of("key"), null, null));
    }
}
