package io.mcpagent.access;

import io.mcpagent.problem.Problem;
import io.mcpagent.problem.ProblemAnswers;
import io.quarkus.oidc.OIDCException;
import io.quarkus.oidc.runtime.OidcAuthenticationMechanism;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpCredentialTransport;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jspecify.annotations.Nullable;

/**
 * Takes the credentials of a request: a JWT of the configured issuer, checked by quarkus-oidc, or an API key. Exactly one of them, since two
 * could belong to two callers.
 */
@Alternative
@Priority(1)
@Singleton
final class Credentials implements HttpAuthenticationMechanism {

    static final String API_KEY = "io.mcpagent.api-key";
    /** The claims of the token with which a front end names the person: a map. */
    static final String CLAIMS = "io.mcpagent.claims";

    private static final Logger LOG = Logger.getLogger(Credentials.class);
    private static final String API_KEY_HEADER = "X-API-Key";
    private static final String CHALLENGE = "WWW-Authenticate";
    private static final String UNAVAILABLE = Credentials.class.getName() + ".unavailable";
    private static final String FLAW = Credentials.class.getName() + ".flaw";
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Pattern BEARER = Pattern.compile("(?i)Bearer +([A-Za-z0-9._~+/=-]+)");
    private static final Pattern QUOTABLE = Pattern.compile("https?://[A-Za-z0-9._:\\[\\]-]{1,255}");
    private static final Pattern JWT = Pattern.compile("[A-Za-z0-9_=-]+\\.[A-Za-z0-9_=-]+\\.[A-Za-z0-9_=-]*");

    private final OidcAuthenticationMechanism tokens;
    private final VerifiedTokens verified;
    private final ApiKeys keys;
    private final Instance<SamplePeople> samples;
    private final PersonTokens people;
    private final SignIn signIn;
    private final ProblemAnswers problems;

    Credentials(
            OidcAuthenticationMechanism tokens,
            VerifiedTokens verified,
            ApiKeys keys,
            Instance<SamplePeople> samples,
            PersonTokens people,
            SignIn signIn,
            ProblemAnswers problems) {
        this.tokens = tokens;
        this.verified = verified;
        this.keys = keys;
        this.samples = samples;
        this.people = people;
        this.signIn = signIn;
        this.problems = problems;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext http, IdentityProviderManager providers) {
        List<String> bearer = http.request().headers().getAll(HttpHeaders.AUTHORIZATION);
        List<String> key = http.request().headers().getAll(API_KEY_HEADER);
        if (OpenPaths.contain(http.normalizedPath()) || (bearer.isEmpty() && key.isEmpty())) {
            return Uni.createFrom().nullItem();
        }
        if (!signIn.required()) {
            return sample(bearer.isEmpty() ? key.getFirst() : bearer.getFirst());
        }
        if (bearer.size() + key.size() > 1) {
            http.put(FLAW, "Send one credential. There are several, and they could belong to different callers.");
            return refused();
        }
        if (!key.isEmpty()) {
            return byKey(http, key.getFirst());
        }
        var token = BEARER.matcher(bearer.getFirst());
        if (!token.matches()) {
            return refused();
        }
        return signIn.byToken() && JWT.matcher(token.group(1)).matches()
                ? byToken(http, providers, token.group(1))
                : byKey(http, token.group(1));
    }

    /** Whatever else a client sends where nobody has to sign in, such as a key that it can't do without, means nothing. */
    private Uni<SecurityIdentity> sample(String presented) {
        Matcher token = BEARER.matcher(presented);
        String key = token.matches() ? token.group(1) : presented;
        return samples.isResolvable()
                ? samples.get()
                        .find(key)
                        .map(found -> known(found, null))
                        .orElseGet(() -> Uni.createFrom().nullItem())
                : Uni.createFrom().nullItem();
    }

    private Uni<SecurityIdentity> byKey(RoutingContext http, String presented) {
        if (presented.isBlank()) {
            return refused();
        }
        if (keys.unknown()) {
            return unavailable(http);
        }
        return keys.find(presented)
                .map(key -> key.frontEnd() == null ? known(key, null) : byPerson(http, key, key.frontEnd()))
                .orElseGet(() -> {
                    http.put(
                            FLAW,
                            "The API key is not known. Check that it is complete, and that it is for this environment.");
                    return refused();
                });
    }

    /** Unsigned headers of the front end never say anything about the person. */
    private Uni<SecurityIdentity> byPerson(RoutingContext http, ApiKey key, FrontEnd frontEnd) {
        List<String> sent = http.request().headers().getAll(frontEnd.header());
        if (sent.isEmpty() && frontEnd.servesWithoutToken()) {
            return known(key, null);
        }
        if (people.unknown(frontEnd)) {
            return unavailable(http);
        }
        if (sent.size() != 1) {
            http.put(
                    FLAW,
                    "This key belongs to a front end. Send one signed token of the person in " + frontEnd.header()
                            + ".");
            return refused();
        }
        try {
            return known(key, people.read(frontEnd, sent.getFirst()));
        } catch (PersonTokens.RefusedException e) {
            http.put(FLAW, "The person's token in " + frontEnd.header() + " is not valid: it " + e.getMessage() + ".");
            return refused();
        }
    }

    private static Uni<SecurityIdentity> known(ApiKey key, PersonTokens.@Nullable Person person) {
        QuarkusSecurityIdentity.Builder identity =
                QuarkusSecurityIdentity.builder().addAttribute(API_KEY, key);
        if (person == null) {
            identity.setPrincipal(new QuarkusPrincipal(Subjects.ofKey(key.name())));
        } else {
            identity.setPrincipal(new QuarkusPrincipal(Subjects.ofPerson(key.name(), person.subject())))
                    .addAttribute(CLAIMS, person.claims());
        }
        return Uni.createFrom().item(identity.build());
    }

    private Uni<SecurityIdentity> byToken(RoutingContext http, IdentityProviderManager providers, String token) {
        SecurityIdentity known = verified.find(token);
        if (known != null) {
            return Uni.createFrom().item(known);
        }
        int reading = verified.reading();
        Uni<SecurityIdentity> named = tokens.authenticate(http, providers)
                .flatMap(identity -> identity != null && Subjects.isNamed(identity)
                        ? Uni.createFrom().item(verified.keep(identity, reading))
                        : refused());
        return named.onFailure().recoverWithUni(failure -> {
            // It has made itself the one that sends the challenge.
            http.put(HttpAuthenticationMechanism.class.getName(), this);
            if (failure instanceof OIDCException) {
                LOG.warnf(
                        "A token could not be checked, because the issuer does not answer (%s)",
                        failure.getClass().getSimpleName());
                return unavailable(http);
            }
            flaw(failure).ifPresent(flaw -> http.put(FLAW, flaw));
            return refused();
        });
    }

    /** Only of a token that its issuer has signed: claims are looked at after the signature. */
    private static Optional<String> flaw(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidJwtException invalid) {
                return invalid.hasExpired()
                        ? Optional.of("The token has expired. Sign in again.")
                        : invalid.hasErrorCode(ErrorCodes.AUDIENCE_INVALID)
                                ? Optional.of("The token is for another service: its audience is not this one.")
                                : invalid.hasErrorCode(ErrorCodes.ISSUER_INVALID)
                                        ? Optional.of("The token is of another issuer.")
                                        : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static Uni<SecurityIdentity> refused() {
        return Uni.createFrom().failure(new AuthenticationFailedException());
    }

    private static Uni<SecurityIdentity> unavailable(RoutingContext http) {
        http.put(UNAVAILABLE, true);
        return refused();
    }

    @Override
    public Uni<Boolean> sendChallenge(RoutingContext http) {
        if (http.get(UNAVAILABLE) != null) {
            problems.end(http, Problem.SIGN_IN_UNAVAILABLE, "Try again in a moment.", SOON);
            return Uni.createFrom().item(true);
        }
        boolean sent = http.request().headers().contains(HttpHeaders.AUTHORIZATION)
                || http.request().headers().contains(API_KEY_HEADER);
        String flaw = http.get(FLAW);
        // RFC 6750 names no error when there were no credentials at all. A client with an unknown key must not
        // be sent to an issuer.
        http.response()
                .putHeader(
                        CHALLENGE,
                        "Bearer realm=\"mcp-agent\"" + (sent ? ", error=\"invalid_token\"" : "")
                                + (flaw == null
                                        ? metadata(http.request())
                                        : ", error_description=\"" + flaw.replace('"', '\'') + "\""));
        problems.end(
                http,
                Problem.UNAUTHORIZED,
                sent
                        ? flaw == null ? "The credentials are not valid." : flaw
                        : "Send Authorization: Bearer with a token or an API key.",
                null);
        return Uni.createFrom().item(true);
    }

    private String metadata(HttpServerRequest request) {
        String base = ProtectedResource.base(request);
        return signIn.byToken() && QUOTABLE.matcher(base).matches()
                ? ", resource_metadata=\"" + base + ProtectedResource.PATH
                        + (request.path().equals("/mcp") ? "/mcp" : "") + "\""
                : "";
    }

    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext http) {
        return Uni.createFrom()
                .item(new ChallengeData(Problem.UNAUTHORIZED.status(), CHALLENGE, "Bearer realm=\"mcp-agent\""));
    }

    @Override
    public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
        return tokens.getCredentialTypes();
    }

    @Override
    public Uni<HttpCredentialTransport> getCredentialTransport(RoutingContext http) {
        return Uni.createFrom().item(new HttpCredentialTransport(HttpCredentialTransport.Type.AUTHORIZATION, "bearer"));
    }
}
