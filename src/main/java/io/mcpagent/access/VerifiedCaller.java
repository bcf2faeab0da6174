package io.mcpagent.access;

import io.quarkus.security.identity.CurrentIdentityAssociation;
import jakarta.inject.Singleton;

/** The caller whom {@link Credentials} verified. */
@Singleton
final class VerifiedCaller implements Caller {

    private final CurrentIdentityAssociation identity;

    VerifiedCaller(CurrentIdentityAssociation identity) {
        this.identity = identity;
    }

    @Override
    public String subject() {
        return Subjects.of(identity.getIdentity());
    }
}
