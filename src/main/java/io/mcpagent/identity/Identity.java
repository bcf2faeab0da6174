package io.mcpagent.identity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, as it was verified for this request. It is made anew for each request and never stored: what an approved call or a resumed
 * conversation does, it does as the sender of the current request.
 *
 * @param subject    what conversations, approvals and budgets belong to
 * @param name       the subject of the issuer's token, which is what people write in rules; null if there is none
 * @param key        the name of the API key, also if a front end sent it for a person; null if there is none
 * @param groups     the caller's groups
 * @param roles      the caller's roles
 * @param scopes     what the caller's token is good for
 * @param parameters the values of the tools' parameters that {@code agent.identity.parameters} names, as far as this caller has them
 * @param token      the issuer's token itself; null if there is none
 */
public record Identity(
        String subject,
        @Nullable String name,
        @Nullable String key,
        Set<String> groups,
        Set<String> roles,
        Set<String> scopes,
        Map<String, JsonNode> parameters,
        @Nullable String token) {

    /** Where nobody signs in, or nobody in particular is meant. */
    public static final Identity ANONYMOUS = of("anonymous");

    public Identity {
        groups = Set.copyOf(groups);
        roles = Set.copyOf(roles);
        scopes = Set.copyOf(scopes);
        parameters = Map.copyOf(parameters);
    }

    /** Somebody of whom nothing but the subject is known. */
    public static Identity of(String subject) {
        return new Identity(subject, null, null, Set.of(), Set.of(), Set.of(), Map.of(), null);
    }

    /** The subject alone: neither the values nor the token are for logs. */
    @Override
    public String toString() {
        return subject;
    }
}
