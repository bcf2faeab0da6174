package io.mcpagent.access;

import io.mcpagent.config.AgentConfig;
import io.quarkus.oidc.OidcConfigurationMetadata;
import io.quarkus.oidc.runtime.TenantConfigBean;
import io.quarkus.oidc.runtime.TenantConfigContext;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Where the chat page can sign people in: at the issuer whose tokens are taken, if the page has a client there. Safe for use by many threads. */
@Singleton
final class PageSignIn {

    private static final Logger LOG = Logger.getLogger(PageSignIn.class);

    private final Optional<String> clientId;
    private final List<String> scopes;
    private final SignIn signIn;
    private final TenantConfigBean issuers;
    private volatile @Nullable Issuer known;

    PageSignIn(AgentConfig config, SignIn signIn, TenantConfigBean issuers) {
        this.clientId = config.access().pageClientId().filter(id -> !id.isBlank());
        this.scopes = config.access().pageScopes();
        this.signIn = signIn;
        this.issuers = issuers;
    }

    /**
     * What the page needs to begin and complete a sign-in (authorization code with PKCE), as the issuer's discovery document has it.
     *
     * @param issuer                who answers
     * @param clientId              the page's own client, which has no secret
     * @param authorizationEndpoint where the page goes
     * @param tokenEndpoint         where it gets the token
     * @param scopes                what it asks for
     */
    record Issuer(
            String issuer, String clientId, String authorizationEndpoint, String tokenEndpoint, List<String> scopes) {

        /** The origin that the page has to reach, such as {@code https://login.example.com}. */
        String origin() {
            URI address = URI.create(tokenEndpoint);
            return address.getScheme() + "://" + address.getRawAuthority();
        }
    }

    /** Empty without a client, and as long as the issuer could not be asked. */
    Optional<Issuer> issuer() {
        if (known == null && clientId.isPresent() && signIn.byToken()) {
            known = discovered();
        }
        return Optional.ofNullable(known);
    }

    private @Nullable Issuer discovered() {
        TenantConfigContext issuer = issuers.getDefaultTenant();
        if (!issuer.ready()) {
            // It was away when the agent started. Nobody else asks for it where the page is the only way in.
            issuer.initialize()
                    .subscribe()
                    .with(
                            ready -> {},
                            failure -> LOG.warnf(
                                    "The issuer does not say where people sign in (%s)",
                                    failure.getClass().getSimpleName()));
            return null;
        }
        OidcConfigurationMetadata told = issuer.getOidcMetadata();
        if (told == null || told.getAuthorizationUri() == null || told.getTokenUri() == null) {
            return null;
        }
        return new Issuer(
                told.getIssuer(), clientId.orElseThrow(), told.getAuthorizationUri(), told.getTokenUri(), scopes);
    }
}
