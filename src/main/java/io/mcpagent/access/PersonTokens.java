package io.mcpagent.access;

import jakarta.inject.Singleton;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.jspecify.annotations.Nullable;

/** Checks the signed tokens with which front ends name people. Safe for use by many threads. */
@Singleton
final class PersonTokens {

    private static final int CLOCK_SKEW_SECONDS = 30;
    /** Part of the store's keys and of log lines. */
    private static final Pattern SUBJECT = Pattern.compile("[^\\p{C}\\p{Z}][^\\p{C}\\p{Zl}\\p{Zp}]{0,254}");
    // Each kind of key with its own algorithms: otherwise a public key could pass for a secret.
    private static final AlgorithmConstraints BY_SECRET =
            new AlgorithmConstraints(ConstraintType.PERMIT, AlgorithmIdentifiers.HMAC_SHA256);
    private static final AlgorithmConstraints BY_PUBLIC_KEY = new AlgorithmConstraints(
            ConstraintType.PERMIT,
            AlgorithmIdentifiers.RSA_USING_SHA256,
            AlgorithmIdentifiers.RSA_USING_SHA384,
            AlgorithmIdentifiers.RSA_USING_SHA512,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA256,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA384,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA512,
            AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
            AlgorithmIdentifiers.ECDSA_USING_P384_CURVE_AND_SHA384,
            AlgorithmIdentifiers.ECDSA_USING_P521_CURVE_AND_SHA512);

    private final IssuerKeys issuers;

    PersonTokens(IssuerKeys issuers) {
        this.issuers = issuers;
    }

    /**
     * A person, as the front end's token has them.
     *
     * @param subject the token's subject
     * @param claims  all its claims; one that is null in JSON is null here
     */
    record Person(String subject, Map<String, Object> claims) {}

    /** Why a token names nobody; not an error, but an answer. */
    static final class RefusedException extends Exception {

        /** @param what what is wrong with the token, to be read after "it" */
        RefusedException(String what) {
            super(what, null, false, false);
        }
    }

    /** Whether the front end's tokens can't be checked, since its issuer's keys have never been read. */
    boolean unknown(FrontEnd frontEnd) {
        return frontEnd.jwks() != null && issuers.of(frontEnd.jwks()) == null;
    }

    /** @throws RefusedException if the token is not good for this front end, now */
    Person read(FrontEnd frontEnd, String token) throws RefusedException {
        try {
            JwtClaims claims = claims(frontEnd, token);
            String subject = claims.getSubject();
            NumericDate from = claims.getIssuedAt();
            if (!SUBJECT.matcher(subject).matches()) {
                throw new RefusedException("has a subject that is blank, too long or has control characters");
            }
            if (claims.getExpirationTime().getValue() - from.getValue()
                    > frontEnd.lifetime().toSeconds()) {
                throw new RefusedException("is valid for longer than this service takes");
            }
            if (from.getValue() - NumericDate.now().getValue() > CLOCK_SKEW_SECONDS) {
                throw new RefusedException("was issued in the future");
            }
            return new Person(subject, Collections.unmodifiableMap(claims.getClaimsMap()));
        } catch (MalformedClaimException e) {
            throw new RefusedException("has a claim of the wrong form");
        }
    }

    private JwtClaims claims(FrontEnd frontEnd, String token) throws RefusedException {
        InvalidJwtException refusal = null;
        for (JwtConsumerBuilder each : checks(frontEnd)) {
            try {
                return each.build().processToClaims(token);
            } catch (InvalidJwtException e) {
                refusal = e;
                if (!e.hasErrorCode(ErrorCodes.SIGNATURE_INVALID)) {
                    break;
                }
            }
        }
        throw new RefusedException(flaw(refusal));
    }

    private List<JwtConsumerBuilder> checks(FrontEnd frontEnd) {
        if (frontEnd.jwks() == null) {
            return frontEnd.secrets().stream()
                    .map(secret -> check(frontEnd)
                            .setJwsAlgorithmConstraints(BY_SECRET)
                            .setVerificationKey(secret))
                    .toList();
        }
        List<JsonWebKey> keys = issuers.of(frontEnd.jwks());
        return List.of(check(frontEnd)
                .setJwsAlgorithmConstraints(BY_PUBLIC_KEY)
                .setVerificationKeyResolver(new JwksVerificationKeyResolver(keys == null ? List.of() : keys)));
    }

    private static JwtConsumerBuilder check(FrontEnd frontEnd) {
        JwtConsumerBuilder check = new JwtConsumerBuilder()
                .setRequireSubject()
                .setRequireExpirationTime()
                .setRequireIssuedAt()
                .setAllowedClockSkewInSeconds(CLOCK_SKEW_SECONDS)
                .setExpectedIssuer(frontEnd.issuer());
        return frontEnd.audience() == null
                ? check.setSkipDefaultAudienceValidation()
                : check.setExpectedAudience(frontEnd.audience());
    }

    /** What an operator has to look at; the front end's key is valid, so that it may know. */
    private static String flaw(@Nullable InvalidJwtException refusal) {
        if (refusal == null) {
            return "is not valid";
        }
        return refusal.getErrorDetails().stream()
                .map(error -> switch (error.getErrorCode()) {
                    case ErrorCodes.EXPIRED -> "has expired";
                    case ErrorCodes.EXPIRATION_MISSING -> "has no exp";
                    case ErrorCodes.ISSUED_AT_MISSING -> "has no iat";
                    case ErrorCodes.NOT_YET_VALID -> "is not valid yet";
                    case ErrorCodes.AUDIENCE_MISSING, ErrorCodes.AUDIENCE_INVALID -> "is for another audience";
                    case ErrorCodes.ISSUER_MISSING, ErrorCodes.ISSUER_INVALID -> "is of another issuer";
                    case ErrorCodes.SUBJECT_MISSING -> "has no subject";
                    case ErrorCodes.SIGNATURE_INVALID, ErrorCodes.SIGNATURE_MISSING -> "is not signed by the front end";
                    default -> "is no token of the front end";
                })
                .findFirst()
                .orElse("is not valid");
    }
}
