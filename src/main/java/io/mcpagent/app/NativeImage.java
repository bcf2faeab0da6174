package io.mcpagent.app;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What a native executable reaches by reflection and its builder can't see: the one list, a line each with its reason. What has to be initialised
 * when the executable runs is in {@code META-INF/native-image}.
 */
@RegisterForReflection(
        ignoreNested = false,
        classNames = {
            // Written by Jackson for errors that come from no resource's method: of the HTTP server, of authentication,
            // of limits.
            "io.mcpagent.problem.ProblemBody",
            // Written by Jackson at a stream's end and for the answers kept for idempotency keys, and read back from
            // there.
            "io.mcpagent.door.ChatReply",
            // Looked up by name by the AWS SDK for profiles with role_arn or sso_session, and for web identities.
            "software.amazon.awssdk.services.sts.internal.StsProfileCredentialsProviderFactory",
            "software.amazon.awssdk.services.sts.internal.StsWebIdentityCredentialsProviderFactory",
            "software.amazon.awssdk.services.sso.auth.SsoProfileCredentialsProviderFactory",
            "software.amazon.awssdk.services.ssooidc.SsoOidcProfileTokenProviderFactory",
        })
final class NativeImage {

    private NativeImage() {}
}
