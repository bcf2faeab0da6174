package io.mcpagent.access;

import io.mcpagent.base.Sha256;
import io.mcpagent.identity.Identity;
import io.quarkus.security.identity.SecurityIdentity;
import java.util.HexFormat;
import org.eclipse.microprofile.jwt.JsonWebToken;

/** Names the subject of an identity. A kind always comes first, so that a key can't pass for a person nor a person for a key. */
final class Subjects {

    static final String ANONYMOUS = "anonymous";
    private static final String KEY = "key:";
    private static final String USER = "user:";
    private static final String VIA = "via:";
    private static final int ISSUER_BYTES = 8;

    private Subjects() {}

    static String of(SecurityIdentity identity) {
        if (identity.isAnonymous()) {
            return ANONYMOUS;
        }
        Identity known = identity.getAttribute(VerifiedTokens.IDENTITY);
        if (known != null) {
            return known.subject();
        }
        if (identity.getPrincipal() instanceof JsonWebToken token) {
            // With its issuer: the same subject of another issuer, such as after a move to another one, is somebody
            // else.
            return USER + hash(token.getIssuer()) + ":" + token.getSubject();
        }
        return identity.getPrincipal().getName();
    }

    /** Whether its token names somebody: a subject that shows nothing would be the same for all who have such a token. */
    static boolean isNamed(SecurityIdentity identity) {
        return identity.getPrincipal() instanceof JsonWebToken token
                && token.getSubject() != null
                && token.getSubject().codePoints().anyMatch(Subjects::isVisible);
    }

    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    static String ofKey(String name) {
        return KEY + name;
    }

    /** A person for whom a front end vouches. The same name at another front end is another person. */
    static String ofPerson(String frontEnd, String subject) {
        return VIA + frontEnd + ":" + subject;
    }

    private static String hash(String issuer) {
        return HexFormat.of().formatHex(Sha256.of(issuer), 0, ISSUER_BYTES);
    }
}
