package io.mcpagent.access;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityPolicy;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;

/** Lets nobody unknown pass, whatever the path and the method: it has no name, so that it holds for every request. */
@Singleton
final class RequireSignIn implements HttpSecurityPolicy {

    private final SignIn signIn;

    RequireSignIn(SignIn signIn) {
        this.signIn = signIn;
    }

    @Override
    public Uni<CheckResult> checkPermission(
            RoutingContext http, Uni<SecurityIdentity> identity, AuthorizationRequestContext context) {
        if (!signIn.required() || OpenPaths.contain(http.normalizedPath())) {
            return CheckResult.permit();
        }
        return identity.map(caller -> caller.isAnonymous() ? CheckResult.DENY : CheckResult.PERMIT);
    }
}
