package io.mcpagent.access;

import io.quarkus.oidc.OidcRequestContext;
import io.quarkus.oidc.OidcTenantConfig;
import io.quarkus.oidc.TenantConfigResolver;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;

/**
 * Knows no issuer but the configured one. That there is such a resolver is what lets quarkus-oidc start without
 * {@code quarkus.oidc.auth-server-url}, which is set, or not, where one and the same package is started.
 */
@Singleton
final class NoOtherTenant implements TenantConfigResolver {

    @Override
    public Uni<OidcTenantConfig> resolve(RoutingContext http, OidcRequestContext<OidcTenantConfig> context) {
        return Uni.createFrom().nullItem();
    }
}
