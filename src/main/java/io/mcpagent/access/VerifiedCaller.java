package io.mcpagent.access;

import io.quarkus.security.identity.CurrentIdentityAssociation;
import jakarta.inject.Singleton;
import java.util.List;

/** The caller whom {@link Credentials} verified. */
@Singleton
final class VerifiedCaller implements Caller {

    private final CurrentIdentityAssociation identity;
    private final SignIn signIn;

    VerifiedCaller(CurrentIdentityAssociation identity, SignIn signIn) {
        this.identity = identity;
        this.signIn = signIn;
    }

    @Override
    public String subject() {
        return Subjects.of(identity.getIdentity());
    }

    @Override
    public boolean isOneOf(List<String> names) {
        return !signIn.required()
                || names.contains(subject())
                || identity.getIdentity().getRoles().stream().anyMatch(role -> names.contains("group:" + role));
    }
}
