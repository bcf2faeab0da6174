package io.mcpagent.access;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.mcpagent.config.AgentConfig;
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
    private final @Nullable Look look;

    SignInResource(SignIn signIn, PageSignIn page, Instance<SamplePeople> samples, AgentConfig config) {
        this.signIn = signIn;
        this.page = page;
        this.samples = samples;
        this.look = look(config.page());
    }

    /**
     * The ways to sign in.
     *
     * @param methods {@code key}, {@code oidc}, or {@code none} where nobody has to
     * @param oidc    where people sign in; null without the method {@code oidc}
     * @param people  as whom one can ask without a sign-in; null but in dev mode
     * @param page    what the page shows of this deployment; null for nothing of its own
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Ways(
            List<String> methods,
            PageSignIn.@Nullable Issuer oidc,
            @Nullable List<SamplePeople.SampleCustomer> people,
            @Nullable Look page) {}

    /** What the page shows of this deployment, as {@code agent.page} has it; null for what it has by itself. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Look(
            @Nullable String name,
            @Nullable String mark,
            @Nullable String welcome,
            @Nullable List<String> examples) {}

    private static @Nullable Look look(AgentConfig.PageSettings page) {
        Look look = new Look(
                page.name().orElse(null),
                page.mark().orElse(null),
                page.welcome().orElse(null),
                page.examples().orElse(null));
        return look.equals(new Look(null, null, null, null)) ? null : look;
    }

    @GET
    @NonBlocking
    @Produces(MediaType.APPLICATION_JSON)
    public Ways ways() {
        if (!signIn.required()) {
            return new Ways(
                    List.of("none"),
                    null,
                    samples.isResolvable() ? samples.get().all() : null,
                    look);
        }
        // Without a client at the issuer the key's field still takes a token that somebody brings along.
        return page.issuer()
                .map(issuer -> new Ways(signIn.byKey() ? List.of("key", "oidc") : List.of("oidc"), issuer, null, look))
                .orElseGet(() -> new Ways(List.of("key"), null, null, look));
    }
}
