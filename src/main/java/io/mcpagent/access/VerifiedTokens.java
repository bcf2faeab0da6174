package io.mcpagent.access;

import io.mcpagent.base.Sha256;
import io.mcpagent.identity.Identities;
import io.mcpagent.identity.Identity;
import io.quarkus.oidc.runtime.OidcTenantConfig;
import io.quarkus.oidc.runtime.OidcUtils;
import io.quarkus.oidc.runtime.TenantConfigBean;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/**
 * The issuer's tokens that were found valid since its keys were read last, with their callers. The signature and claims of a token that comes again
 * are not checked again. A token is forgotten when it expires, and all of them when the keys are read again, or a key signs that did not
 * before. Safe for use by many threads.
 */
@Singleton
final class VerifiedTokens {

    /** The {@link Identity} of the token's caller. */
    static final String IDENTITY = "io.mcpagent.identity";

    private static final int MOST = 1_000;
    private static final int LONGEST = 8_000;

    private final Identities identities;
    private final BooleanSupplier lasting;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Known> known = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > MOST;
        }
    };
    /** The ids of the keys that signed what was kept since the keys were read last; an issuer has few. */
    private final Set<String> signers = new HashSet<>();

    private int reading;

    private record Known(SecurityIdentity identity, Instant until) {}

    @Inject
    VerifiedTokens(Identities identities, TenantConfigBean issuers) {
        this(identities, () -> isLasting(issuers.getDefaultTenant().oidcConfig().token()), InstantSource.system());
    }

    VerifiedTokens(Identities identities, BooleanSupplier lasting, InstantSource clock) {
        this.identities = identities;
        this.lasting = lasting;
        this.clock = clock;
    }

    /** Whether a valid token stays so until it expires: it has no other end, is good on all connections, and nobody else is asked about it. */
    static boolean isLasting(OidcTenantConfig.Token settings) {
        return settings.age().isEmpty()
                && !settings.binding().certificate()
                && !settings.allowJwtIntrospection()
                && !settings.requireJwtIntrospectionOnly()
                && !settings.verifyAccessTokenWithUserInfo().orElse(false);
    }

    /** Whose this token is; null if it has to be looked at. */
    @Nullable
    SecurityIdentity find(String token) {
        String hash = Sha256.hex(token);
        lock.lock();
        try {
            Known found = known.get(hash);
            return found != null && clock.instant().isBefore(found.until) ? found.identity : null;
        } finally {
            lock.unlock();
        }
    }

    /** Which reading of the keys counts now: for {@link #keep}, before a token is looked at. */
    int reading() {
        lock.lock();
        try {
            return reading;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Keeps what was found of a token, unless the keys were read again meanwhile.
     *
     * @param verified what the token's check made of it, which belongs to one request
     * @return the same without that request
     */
    SecurityIdentity keep(SecurityIdentity verified, int since) {
        JsonWebToken token = (JsonWebToken) verified.getPrincipal();
        SecurityIdentity identity = QuarkusSecurityIdentity.builder()
                .setPrincipal(token)
                .addRoles(verified.getRoles())
                .addAttribute(
                        IDENTITY, identities.ofToken(Subjects.of(verified), token.getSubject(), token.getRawToken()))
                .build();
        if (lasting.getAsBoolean() && token.getRawToken().length() <= LONGEST) {
            String hash = Sha256.hex(token.getRawToken());
            lock.lock();
            try {
                if (since == reading) {
                    boolean first = signers.isEmpty();
                    if (signers.add(signer(token.getRawToken())) && !first) {
                        // quarkus-oidc reads the keys on its way when it doesn't know a token's key: others may be
                        // withdrawn.
                        reading++;
                        known.clear();
                    }
                    known.put(hash, new Known(identity, Instant.ofEpochSecond(token.getExpirationTime())));
                }
            } finally {
                lock.unlock();
            }
        }
        return identity;
    }

    private static String signer(String token) {
        return Objects.requireNonNullElse(OidcUtils.decodeJwtHeaders(token).getString("kid"), "");
    }

    /** The keys were read again. */
    void forget() {
        lock.lock();
        try {
            reading++;
            known.clear();
            signers.clear();
        } finally {
            lock.unlock();
        }
    }
}
