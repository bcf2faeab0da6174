package io.mcpagent.access;

import io.mcpagent.identity.Identities;
import io.mcpagent.identity.Identity;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;

/** The caller whom {@link Credentials} verified. */
@Singleton
final class VerifiedCaller implements Caller {

    private final CurrentIdentityAssociation identity;
    private final SignIn signIn;
    private final Identities identities;

    VerifiedCaller(CurrentIdentityAssociation identity, SignIn signIn, Identities identities) {
        this.identity = identity;
        this.signIn = signIn;
        this.identities = identities;
    }

    @Override
    public String subject() {
        return Subjects.of(identity.getIdentity());
    }

    @Override
    public boolean isOneOf(List<String> names) {
        return !signIn.required()
                || names.contains(subject())
                || identity().groups().stream().anyMatch(group -> names.contains("group:" + group));
    }

    @Override
    public Identity identity() {
        return identity(identity.getIdentity());
    }

    /** All that was verified of this one. */
    Identity identity(SecurityIdentity verified) {
        Identity ofToken = verified.getAttribute(VerifiedTokens.IDENTITY);
        if (ofToken != null) {
            return ofToken;
        }
        String subject = Subjects.of(verified);
        ApiKey key = verified.getAttribute(Credentials.API_KEY);
        if (key != null) {
            Map<String, Object> claims = verified.getAttribute(Credentials.CLAIMS);
            return claims == null
                    ? identities.ofKey(subject, key.name(), key.attributes())
                    : identities.ofVouched(subject, key.name(), claims);
        }
        return Identity.of(subject);
    }
}
